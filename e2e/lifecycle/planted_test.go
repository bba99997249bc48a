package lifecycle

import (
	"slices"
	"strings"
	"testing"
	"testing/synctest"

	"farthing/e2e/world"
	"farthing/pkg/store"
)

// loses is a store that acknowledges some rows of conditional batches without writing them.
func loses(keyspace, table string, which func(kind any, id string) bool) func(store.Store) store.Store {
	return world.Hooks{Apply: func(to string, b store.ConditionalBatch) (store.ConditionalBatch, error) {
		if to == keyspace && b.Table.Name == table {
			b.Rows = slices.DeleteFunc(slices.Clone(b.Rows), func(r store.ConditionalRow) bool {
				keys := b.Table.Clustering
				if len(keys) == 0 {
					return which(nil, "")
				}
				id, _ := r.Row[keys[len(keys)-1]].(string)
				return which(r.Row[keys[0]], id)
			})
		}
		return b, nil
	}}.Store
}

func isByID(kind any) bool { return kind == int64(0) }

// An oracle that cannot fail proves nothing: each of these takes away what the design depends on, and must be found.
func TestPlantedBugsAreFound(t *testing.T) {
	for name, bug := range map[string]func(store.Store) store.Store{
		"a hold's step may be taken twice": loses("balance", "accounts", func(kind any, id string) bool {
			return isByID(kind) && strings.HasPrefix(id, "hold_") && strings.Contains(id, ":")
		}),
		"an authorisation may be made twice": loses("balance", "accounts", func(kind any, id string) bool {
			return isByID(kind) && strings.HasPrefix(id, "hold_") && !strings.Contains(id, ":")
		}),
		"a message may count twice": loses("card_processing", "payments", func(kind any, _ string) bool {
			return isByID(kind)
		}),
		"a leg of a journal may be posted twice": loses("balance", "accounts", func(kind any, id string) bool {
			return isByID(kind) && strings.HasPrefix(id, "jrn_")
		}),
		"a processor's id may stand for two payments": loses("card_processing", "processor_ids", func(any, string) bool {
			return true
		}),
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := &world.Suspect{TB: t}
				b := &books{desk: newDesk(t, usual, bug), writing: writing{ofHolds, "p", 0}}
				ended := make(chan struct{})
				go func() {
					defer close(ended)
					for _, first := range []letter(ofHolds) {
						b.every(s, []letter{first}, 2)
					}
					b.WantSound(s)
				}()
				<-ended
				if s.Found == "" {
					t.Error("nothing was found")
				}
				t.Log(s.Found)
			})
		})
	}
}
