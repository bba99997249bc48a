// Command generate makes openapi.yaml of package openapi from root.yaml and the areas beside it.
package main

import (
	"log"
	"os"
)

func main() {
	log.SetFlags(0)
	made, err := bundle(os.DirFS("."))
	if err != nil {
		log.Fatal(err)
	}
	if err := os.WriteFile("openapi.yaml", made, 0o600); err != nil {
		log.Fatal(err)
	}
}
