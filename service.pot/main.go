// Service.pot keeps the pots into which customers put money aside.
package main

import (
	"farthing/pkg/foundation"
	"farthing/service.pot/handler"
)

func main() { foundation.Main(handler.Service) }
