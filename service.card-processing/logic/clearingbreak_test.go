package logic_test

import (
	"testing"

	"farthing/service.card-processing/logic"
	cardprocessingproto "farthing/service.card-processing/proto"
)

func TestWhatWasSentBackOrWasOfAnotherIsStillToBeCollected(t *testing.T) {
	const (
		open      = cardprocessingproto.UnmatchedState_UNMATCHED_STATE_OPEN
		resolving = cardprocessingproto.UnmatchedState_UNMATCHED_STATE_RESOLVING
		resolved  = cardprocessingproto.UnmatchedState_UNMATCHED_STATE_RESOLVED
		none      = cardprocessingproto.ResolutionKind_RESOLUTION_KIND_UNSPECIFIED
		accepted  = cardprocessingproto.ResolutionKind_RESOLUTION_KIND_ACCEPTED
		attached  = cardprocessingproto.ResolutionKind_RESOLUTION_KIND_ATTACHED
		returned  = cardprocessingproto.ResolutionKind_RESOLUTION_KIND_RETURNED
		written   = cardprocessingproto.ResolutionKind_RESOLUTION_KIND_WRITTEN_OFF
	)
	for _, c := range []struct {
		state cardprocessingproto.UnmatchedState
		kind  cardprocessingproto.ResolutionKind
		due   bool
	}{
		{open, none, false}, {resolving, attached, false}, {resolved, accepted, false}, {resolved, written, false},
		{resolved, attached, true}, {resolved, returned, true},
	} {
		p := &cardprocessingproto.Payment{HeldMinor: 20_00, Unmatched: []*cardprocessingproto.Unmatched{
			{State: resolved, Resolution: &cardprocessingproto.Resolution{Kind: returned}},
			{State: c.state, Resolution: &cardprocessingproto.Resolution{Kind: c.kind}},
		}}
		if got := logic.DueOf(p) != nil; got != c.due {
			t.Errorf("%v, %v: due is %v", c.state, c.kind, got)
		}
	}
}
