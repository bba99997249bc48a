package logic_test

import (
	"testing"

	"pgregory.net/rapid"

	"farthing/service.cards/logic"
)

// Whatever is entered, a PIN is blocked exactly after three wrong ones in a row, until it is reset.
func TestThreeWrongPINsInARowBlockIt(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		pin, inARow, blocked := logic.PIN{Card: "card_1"}, 0, false
		for range rapid.IntRange(1, 30).Draw(t, "length") {
			before := pin
			var changes bool
			switch rapid.SampledFrom([]string{"wrong", "wrong", "right", "reset"}).Draw(t, "event") {
			case "wrong":
				if pin, changes = pin.After(false); !blocked {
					inARow++
				}
			case "right":
				if pin, changes = pin.After(true); !blocked {
					inARow = 0
				}
			case "reset":
				pin, changes = pin.Reset()
				inARow, blocked = 0, false
			}
			blocked = blocked || inARow == 3
			if pin.Wrong != inARow || pin.Blocked() != blocked {
				t.Fatalf("after %d in a row it is %+v", inARow, pin)
			}
			if changes != (pin != before) || changes != (pin.Version == before.Version+1) {
				t.Fatalf("%+v became %+v, a change: %v", before, pin, changes)
			}
		}
	})
}
