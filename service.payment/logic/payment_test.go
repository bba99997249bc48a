package logic_test

import (
	"testing"

	"pgregory.net/rapid"

	"farthing/service.payment/logic"
	paymentproto "farthing/service.payment/proto"
)

func TestEveryPaymentComesToRest(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		direction := paymentproto.Direction(rapid.Int32Range(1, 3).Draw(t, "direction"))
		state := paymentproto.State_STATE_ACCEPTED
		seen := map[paymentproto.State]bool{state: true}
		for {
			var ways []paymentproto.State
			for number := range paymentproto.State_name {
				if to := paymentproto.State(number); logic.Follows(direction, state, to) {
					ways = append(ways, to)
				}
			}
			if len(ways) == 0 {
				break
			}
			if !logic.Rests(state) || rapid.Bool().Draw(t, "comes back") {
				state = ways[rapid.IntRange(0, len(ways)-1).Draw(t, "way")]
			} else {
				break
			}
			if seen[state] {
				t.Fatalf("%v goes round to %v", direction, state)
			}
			seen[state] = true
		}
		if !logic.Rests(state) {
			t.Fatalf("%v ends in %v", direction, state)
		}
		if seen[paymentproto.State_STATE_DECLINED] && len(seen) != 2 {
			t.Fatalf("a declined payment went through %v", seen)
		}
	})
}
