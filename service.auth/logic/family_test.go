package logic_test

import (
	"testing"
	"time"

	"pgregory.net/rapid"

	"farthing/service.auth/logic"
)

// A family of tokens, whatever is done to it: exactly the refresh token that it was told last is good, until its time
// is over or the family has ended.
func TestOfAFamilyOnlyTheLastRefreshTokenIsGood(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		now := time.Date(2026, time.March, 14, 9, 0, 0, 0, time.UTC)
		f := logic.Family{User: "user_1", Client: "client_1", ID: "fam_1"}
		var tokens []logic.RefreshToken
		told := now
		for range rapid.IntRange(1, 6).Draw(t, "refreshes") {
			now = now.Add(time.Duration(rapid.IntRange(0, 100).Draw(t, "days")) * 24 * time.Hour)
			token := logic.RefreshToken{Hash: logic.Hash(logic.NewSecret("")), User: f.User, Client: f.Client, Family: f.ID}
			f, tokens, told = f.With(logic.Hash("a"), token.Hash, now), append(tokens, token), now
		}
		now = now.Add(time.Duration(rapid.IntRange(0, 100).Draw(t, "days")) * 24 * time.Hour)
		ended := rapid.Bool().Draw(t, "ended")
		if ended {
			f = f.End()
		}
		for i, token := range tokens {
			want := logic.Reused
			switch {
			case ended:
				want = logic.Over
			case i == len(tokens)-1 && now.Sub(told) < 90*24*time.Hour:
				want = logic.Good
			case i == len(tokens)-1:
				want = logic.Over
			}
			if got := f.Judge(token, now); got != want {
				t.Fatalf("token %d of %d: got %v, want %v", i, len(tokens), got, want)
			}
			token.Family = "fam_2"
			if got := f.Judge(token, now); got != logic.Over {
				t.Fatalf("another family's: got %v", got)
			}
		}
	})
}
