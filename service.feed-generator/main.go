// Service.feed-generator turns what happened into feed items.
package main

import (
	"farthing/pkg/foundation"
	"farthing/service.feed-generator/handler"
)

func main() { foundation.Main(handler.Service) }
