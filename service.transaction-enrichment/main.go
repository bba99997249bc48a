// Service.transaction-enrichment adds to transactions who was paid.
package main

import (
	"farthing/pkg/foundation"
	"farthing/service.transaction-enrichment/handler"
)

func main() { foundation.Main(handler.Service) }
