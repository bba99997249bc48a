// Service.signup takes applications of people who want to be customers, and opens their accounts.
package main

import (
	"farthing/pkg/foundation"
	"farthing/service.signup/handler"
)

func main() { foundation.Main(handler.Service) }
