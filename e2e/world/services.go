package world

import (
	"slices"

	"farthing/cmd/farthing/bank"
	"farthing/pkg/foundation"
)

// services is the whole bank, with some services replaced by others of the same name.
func services(replaced []foundation.Service) []foundation.Service {
	all := bank.Services()
	for _, other := range replaced {
		i := slices.IndexFunc(all, func(s foundation.Service) bool { return s.Name == other.Name })
		all[i] = other
	}
	return all
}
