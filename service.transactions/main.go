// Service.transactions is the one record of what happened on an account.
package main

import (
	"farthing/pkg/foundation"
	"farthing/service.transactions/handler"
)

func main() { foundation.Main(handler.Service) }
