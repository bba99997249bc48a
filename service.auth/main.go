// Service.auth says who a bearer of a token is.
package main

import (
	"farthing/pkg/foundation"
	"farthing/service.auth/handler"
)

func main() { foundation.Main(handler.Service) }
