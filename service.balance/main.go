// Service.balance is the ledger: the money of each account.
package main

import (
	"farthing/pkg/foundation"
	"farthing/service.balance/handler"
)

func main() { foundation.Main(handler.Service) }
