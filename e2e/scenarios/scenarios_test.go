// Package scenarios plays every story of scenarios/ on the real program, on both engines, and then proves the books.
package scenarios

import (
	"testing"

	"go.uber.org/goleak"

	"farthing/cmd/farthing/scenario"
	"farthing/e2e/program"
	"farthing/scenarios"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestEveryStoryIsTrueOnEveryEngine(t *testing.T) {
	all, err := scenario.All(scenarios.Files)
	if err != nil {
		t.Fatal(err)
	}
	binary := program.Build(t)
	for _, shape := range []program.Shape{program.OneProcess(), program.Clustered(t)} {
		t.Run(shape.Name, func(t *testing.T) {
			b := program.New(t, binary, shape)
			b.Start(t, "--empty")
			is := b.Facts()
			doors := scenario.Doors{
				API: is.API, CardEdge: is.CardEdge, Admin: is.Admin, ISO8583: is.ISO8583, Phone: b.Apple.Book().Shown,
			}
			for _, s := range all {
				t.Run(s.Name, func(t *testing.T) {
					if err := scenario.Play(t.Context(), doors, s, func(scenario.Told) {}); err != nil {
						t.Fatal(err)
					}
				})
			}
			t.Run("the books agree", func(t *testing.T) { b.Run(t, "audit") })
			b.Stop(t)
		})
	}
}
