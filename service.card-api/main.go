// Service.card-api is the door for card processors.
package main

import (
	"farthing/pkg/foundation"
	"farthing/service.card-api/handler"
)

func main() { foundation.Main(handler.Service) }
