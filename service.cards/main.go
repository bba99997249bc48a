// Service.cards knows whose a card is and what state it is in, and alone keeps its number.
package main

import (
	"farthing/pkg/foundation"
	"farthing/service.cards/handler"
)

func main() { foundation.Main(handler.Service) }
