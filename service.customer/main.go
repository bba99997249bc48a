// Service.customer is who the bank's customers are.
package main

import (
	"farthing/pkg/foundation"
	"farthing/service.customer/handler"
)

func main() { foundation.Main(handler.Service) }
