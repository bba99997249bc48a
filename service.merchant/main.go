// Service.merchant knows who is behind what card networks shout.
package main

import (
	"farthing/pkg/foundation"
	"farthing/service.merchant/handler"
)

func main() { foundation.Main(handler.Service) }
