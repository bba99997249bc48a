// Service.attachment keeps the pictures and documents that customers attach to transactions.
package main

import (
	"farthing/pkg/foundation"
	"farthing/service.attachment/handler"
)

func main() { foundation.Main(handler.Service) }
