// Service.payment pays from account to account, within the bank and through a payment scheme.
package main

import (
	"farthing/pkg/foundation"
	"farthing/service.payment/handler"
)

func main() { foundation.Main(handler.Service) }
