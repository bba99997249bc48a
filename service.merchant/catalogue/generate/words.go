package main

import (
	"context"
	"encoding/json"
	"fmt"

	"farthing/service.merchant/catalogue"
)

// commonest are the bands of SCOWL that hold words which anybody might put on a shop sign.
var commonest = []string{"10", "20", "35", "40", "50"}

// ordinaryWords are the commoner English words, folded. Brands called so are recognised with more care.
func ordinaryWords(ctx context.Context, f fetcher) (map[string]bool, error) {
	ordinary := map[string]bool{}
	for _, dialect := range []string{"english", "british"} {
		for _, band := range commonest {
			name := fmt.Sprintf("%s-words-%s.json", dialect, band)
			data, err := f.file(ctx, wordList, name)
			if err != nil {
				return nil, err
			}
			var words []string
			if err := json.Unmarshal(data, &words); err != nil {
				return nil, fmt.Errorf("%s: %w", name, err)
			}
			for _, w := range words {
				ordinary[catalogue.Fold(w)] = true
			}
		}
	}
	return ordinary, nil
}
