package handler

import (
	"testing"

	cardsproto "farthing/service.cards/proto"
)

// BenchmarkIdentify is a swipe's first step, the call included.
func BenchmarkIdentify(b *testing.B) {
	n := number(b, "123456789")
	bank := newBank(b, nil, n)
	card := bank.issue(b, account, "one")
	for name, req := range map[string]*cardsproto.IdentifyRequest{
		"by number": {Number: n.Reveal()}, "by id": {CardId: card.GetId()},
	} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, err := bank.swipe.Identify(b.Context(), req); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
