// Service.webhook tells programs' own URLs what happens on an account.
package main

import (
	"farthing/pkg/foundation"
	"farthing/service.webhook/handler"
)

func main() { foundation.Main(handler.Service) }
