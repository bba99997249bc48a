// Service.card-processing decides card payments.
package main

import (
	"farthing/pkg/foundation"
	"farthing/service.card-processing/handler"
)

func main() { foundation.Main(handler.Service) }
