// Service.account is which accounts there are, whose they are, and their numbers.
package main

import (
	"farthing/pkg/foundation"
	"farthing/service.account/handler"
)

func main() { foundation.Main(handler.Service) }
