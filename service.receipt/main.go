// Service.receipt keeps what was bought with a transaction, line by line.
package main

import (
	"farthing/pkg/foundation"
	"farthing/service.receipt/handler"
)

func main() { foundation.Main(handler.Service) }
