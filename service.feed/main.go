// Service.feed is what customers' accounts show, in time order.
package main

import (
	"farthing/pkg/foundation"
	"farthing/service.feed/handler"
)

func main() { foundation.Main(handler.Service) }
