// Service.api is the bank's public REST API.
package main

import (
	"farthing/pkg/foundation"
	"farthing/service.api/handler"
)

func main() { foundation.Main(handler.Service) }
