// Service.apns pushes what happened to customers' phones.
package main

import (
	"farthing/pkg/foundation"
	"farthing/service.apns/handler"
)

func main() { foundation.Main(handler.Service) }
