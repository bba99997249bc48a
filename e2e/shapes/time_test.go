package shapes

import (
	"net/http"
	"testing"
	"time"

	"farthing/pkg/foundation"
)

// ahead is how far the tests move time: a hold falls meanwhile.
const ahead = 8 * 24 * time.Hour

// movesTime moves it while a hold is open, which falls without anybody's doing, and while a webhook is down, which is
// told afterwards. The bank does not run any more when it begins, and none of the other tests would work afterwards.
func movesTime(t *testing.T, s *suite) {
	s.Start(t, "--allow-loopback-webhooks")
	hook := s.webhook(t)
	s.wantTold(t, hook, s.swipe(t, "2.00").TransactionID)
	hook.Answer(http.StatusServiceUnavailable)
	paid := s.swipe(t, "3.00")
	s.Run(t, "clock", "advance", "8d")
	hook.Answer(http.StatusOK)
	for _, p := range s.Processes(t) {
		address := s.Facts().Admin
		if p.Admin != "" {
			address = "http://" + p.Admin
		}
		var told foundation.Time
		answer := s.Ask(t, http.MethodGet, address+foundation.ClockPath, "")
		decode(t, string(answer.Body), &told)
		if told.Ahead < ahead {
			t.Errorf("%s is %v ahead", p.Name, told.Ahead)
		}
	}
	eventually(t, "the hold has fallen", func() bool {
		seen := s.transaction(t, paid.TransactionID)
		return seen.Amount == 0 && !seen.AmountIsPending
	})
	s.Run(t, "clock", "advance", "1d")
	s.wantTold(t, hook, paid.TransactionID)
	s.Stop(t)
	s.Start(t)
	var told foundation.Time
	decode(t, s.Run(t, "clock", "show", "-o", "json"), &told)
	if told.Ahead < ahead {
		t.Errorf("after a restart time is %v ahead", told.Ahead)
	}
	s.Stop(t)
}
