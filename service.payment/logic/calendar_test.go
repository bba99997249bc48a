package logic_test

import (
	"testing"
	"time"
	_ "time/tzdata"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"farthing/pkg/errs"
	"farthing/service.payment/logic"
)

func london(t testing.TB) *time.Location {
	t.Helper()
	zone, err := time.LoadLocation("Europe/London")
	if err != nil {
		t.Fatal(err)
	}
	return zone
}

func day(t testing.TB, text string) logic.Date {
	t.Helper()
	d, err := logic.ParseDate("date", text)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// runs are the first few days on which a schedule runs.
func runs(s logic.Schedule, most int) []string {
	var days []string
	for d, more := s.Begin(); more && len(days) < most; d, more = s.After(d) {
		days = append(days, d.String())
	}
	return days
}

func TestAScheduleRunsOnItsDays(t *testing.T) {
	for _, c := range []struct {
		name        string
		frequency   logic.Frequency
		day         int
		first, last string
		want        []string
	}{
		{
			"the end of months", logic.Monthly, 31, "2027-12-31", "",
			[]string{"2027-12-31", "2028-01-31", "2028-02-29", "2028-03-31", "2028-04-30"},
		},
		{
			"a day that has passed this month", logic.Monthly, 1, "2026-11-15", "",
			[]string{"2026-12-01", "2027-01-01"},
		},
		{
			"a day that is to come this month", logic.Monthly, 20, "2026-11-15", "2026-12-20",
			[]string{"2026-11-20", "2026-12-20"},
		},
		{
			"the last day ends it", logic.Monthly, 30, "2026-01-30", "2026-02-27",
			[]string{"2026-01-30"},
		},
		{
			"weeks over a leap day", logic.Weekly, 0, "2028-02-23", "2028-03-08",
			[]string{"2028-02-23", "2028-03-01", "2028-03-08"},
		},
		{
			"weeks over the clocks' change", logic.Weekly, 0, "2026-10-19", "2026-11-02",
			[]string{"2026-10-19", "2026-10-26", "2026-11-02"},
		},
	} {
		s := logic.Schedule{Frequency: c.frequency, Day: c.day, First: day(t, c.first)}
		if c.last != "" {
			s.Last = day(t, c.last)
		}
		if diff := cmp.Diff(c.want, runs(s, len(c.want)+boolToInt(c.last != ""))); diff != "" {
			t.Errorf("%s:\n%s", c.name, diff)
		}
	}
}

func boolToInt(b bool) int {
	if b {
		return 1
	}
	return 0
}

func drawnSchedule(t *rapid.T) logic.Schedule {
	first := logic.Date{Year: 2024, Month: time.January, Day: 1}.Plus(rapid.IntRange(0, 5_000).Draw(t, "first"))
	s := logic.Schedule{Frequency: logic.Weekly, First: first}
	if rapid.Bool().Draw(t, "monthly") {
		s.Frequency, s.Day = logic.Monthly, rapid.IntRange(1, 31).Draw(t, "day")
	}
	if rapid.Bool().Draw(t, "ends") {
		s.Last = first.Plus(rapid.IntRange(0, 400).Draw(t, "last"))
	}
	return s
}

func TestRunsAreNeitherMissedNorDoubled(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := drawnSchedule(t)
		last := logic.Date{}
		n := 0
		for d, more := s.Begin(); more && n < 40; d, more = s.After(d) {
			if d.Before(s.First) || !s.Last.IsZero() && s.Last.Before(d) {
				t.Fatalf("%v runs on %v", s, d)
			}
			switch {
			case s.Frequency == logic.Weekly && d != s.First.Plus(7*n):
				t.Fatalf("run %d of %v is on %v", n, s, d)
			case s.Frequency == logic.Monthly && d.Day != s.Day && d.Plus(1).Day != 1:
				t.Fatalf("%v runs on %v, neither its day nor the last", s, d)
			case s.Frequency == logic.Monthly && n > 0 && (d.Year*12+int(d.Month))-(last.Year*12+int(last.Month)) != 1:
				t.Fatalf("%v runs on %v after %v", s, d, last)
			}
			last = d
			n++
		}
	})
}

func TestTheNextRunDoesNotHangOnWhereOneAsksFrom(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := drawnSchedule(t)
		from := s.First.Plus(rapid.IntRange(-100, 1_000).Draw(t, "from"))
		next, more := s.From(from)
		if !more {
			return
		}
		for d := from; d != next; d = d.Plus(1) {
			if again, _ := s.From(d); again != next {
				t.Fatalf("%v runs next on %v from %v, and on %v from %v", s, next, from, again, d)
			}
		}
	})
}

func TestADayIsTriedUntilTheEvening(t *testing.T) {
	zone, d := london(t), day(t, "2026-07-01")
	var tried []string
	for n, more := 0, true; more; {
		at, _ := logic.TryAt(d, n, zone)
		tried = append(tried, at.UTC().Format("15:04"))
		n, more = logic.NextTry(d, n, at, zone)
	}
	if diff := cmp.Diff([]string{"05:00", "08:00", "11:00", "14:00", "17:00"}, tried); diff != "" { // Summer time.
		t.Error(diff)
	}
	if n, more := logic.NextTry(d, 0, d.At(13, zone), zone); n != 3 || !more {
		t.Errorf("after an outage until 13:00 comes try %d, %v", n, more)
	}
	if _, more := logic.NextTry(d, 0, d.At(20, zone), zone); more {
		t.Error("it is tried in the night")
	}
}

func TestAScheduleThatMakesNoSenseIsRefused(t *testing.T) {
	today := day(t, "2026-11-28")
	for code, s := range map[string]logic.Schedule{
		"bad_request.bad_param.frequency":  {First: today},
		"bad_request.bad_param.day":        {Frequency: logic.Monthly, Day: 32, First: today},
		"bad_request.bad_param.first_date": {Frequency: logic.Weekly, First: today.Plus(-1)},
		"bad_request.bad_param.last_date":  {Frequency: logic.Monthly, Day: 31, First: today, Last: today.Plus(1)},
	} {
		if err := s.Check(today); !errs.Is(err, code) {
			t.Errorf("%+v: %v, want %s", s, err, code)
		}
	}
	if err := (logic.Schedule{Frequency: logic.Weekly, First: today, Last: today}).Check(today); err != nil {
		t.Error(err)
	}
}
