package demo

import (
	"math/rand/v2"
	"slices"
	"time"

	"farthing/cmd/farthing/newcomer"
	"farthing/pkg/money"
)

// day gathers what happens on one.
type day struct {
	begins     time.Time // Midnight in London.
	chance     *rand.Rand
	happenings []Happening
}

func (d *day) workday(weekday time.Weekday) {
	d.maybe(45, 5_40, 6_50, fares)
	d.maybe(55, 7_45, 8_50, coffees)
	d.maybe(35, 12_10, 13_45, lunches)
	if weekday == time.Tuesday || weekday == time.Thursday {
		d.maybe(60, 17_50, 19_30, topUps)
	}
	if weekday == time.Friday {
		d.maybe(80, 19_00, 21_30, evenings)
	}
}

func (d *day) saturday() {
	d.maybe(100, 9_50, 11_40, bigShops)
	d.maybe(60, 13_10, 16_50, shops)
	d.maybe(60, 19_00, 21_40, evenings)
}

func (d *day) sunday() {
	d.maybe(50, 10_20, 11_50, brunches)
	d.maybe(30, 14_30, 16_50, outings)
	d.maybe(30, 18_45, 20_20, takeaways)
}

// abroad is a day of a weekend in Paris, billed in pounds by the card network at its rate of the day.
func (d *day) abroad() {
	for _, each := range parisians {
		d.maybe(85, each.from, each.to, []shop{each.shop})
	}
}

func (d *day) monthly() {
	for _, each := range subscriptions {
		if d.begins.Day() == each.day {
			d.maybe(100, 4_30, 5_30, []shop{each.shop})
		}
	}
	switch d.begins.Day() {
	case payday:
		d.moved(PaidIn, 7_00, salary)
	case rentDay:
		d.moved(PaidOut, 6_00, rent)
	case savingDay:
		d.moved(PutAside, 8_00, saved)
	}
}

func (d *day) moved(kind Kind, at int, minor int64) {
	d.happenings = append(d.happenings, Happening{At: d.at(at), Kind: kind, Amount: pounds(minor)})
}

// takeFromPot is what the pot is for.
func (d *day) takeFromPot() { d.moved(TakenOut, 17_15, 80_00) }

// inVain is when something is bought that does not fit.
func inVain(day time.Time) time.Time { return atOn(day, 13_05) }

// bringBack has it sent back.
func (d *day) bringBack() {
	bought := d.begins.AddDate(0, 0, broughtBack-boughtInVain)
	h := swiped(d.at(11_20), coat, coat.prices[0])
	h.Kind, h.SwipedAt = Refunded, inVain(bought)
	d.happenings = append(d.happenings, h)
}

// loseCard freezes the card for an evening. Somebody tries it meanwhile.
func (d *day) loseCard() {
	lost, tried, found := d.at(20_15), d.at(20_41), d.at(21_55)
	d.happenings = slices.DeleteFunc(d.happenings, func(h Happening) bool {
		return !h.At.Before(lost) && !h.At.After(found)
	})
	attempt := swiped(tried, shop{descriptor: "TESCO STORES 6210 LONDON GBR", mcc: "5411"}, 18_40)
	attempt.Declined = "card_frozen"
	d.happenings = append(d.happenings, Happening{At: lost, Kind: Frozen}, attempt, Happening{At: found, Kind: Unfrozen})
}

// wantTooMuch is a purchase that the account has no money for.
func (d *day) wantTooMuch() {
	attempt := swiped(d.at(18_22), shop{descriptor: "APPLE STORE R245 LONDON GBR", mcc: "5732"}, 7_499_00)
	attempt.Declined = "insufficient_funds"
	d.happenings = append(d.happenings, attempt)
}

// maybe has one of the shops visited between two times of the day, with a chance in percent.
func (d *day) maybe(percent, from, to int, shops []shop) {
	happens := d.chance.IntN(100) < percent
	chosen := shops[d.chance.IntN(len(shops))]
	price := chosen.prices[d.chance.IntN(len(chosen.prices))]
	within := d.at(to).Sub(d.at(from))
	at := d.at(from).Add(time.Duration(d.chance.Int64N(int64(within)))).Truncate(time.Second)
	if happens {
		d.happenings = append(d.happenings, swiped(at, chosen, price))
	}
}

// at is a time of this day, such as 7_45, as clocks in London show it.
func (d *day) at(hourMinute int) time.Time { return atOn(d.begins, hourMinute) }

func atOn(begins time.Time, hourMinute int) time.Time {
	year, month, date := begins.Date()
	return time.Date(year, month, date, hourMinute/100, hourMinute%100, 0, 0, begins.Location())
}

func pounds(minor int64) money.Amount { return money.Amount{Minor: minor, Currency: newcomer.Currency} }

func paidIn(at time.Time, minor int64) Happening {
	return Happening{At: at, Kind: PaidIn, Amount: pounds(minor)}
}

// The network's rate: what a hundred euro cents cost in pence.
const penceForEuro = 87

func swiped(at time.Time, where shop, price int64) Happening {
	h := Happening{
		At: at, Kind: Swiped, Amount: pounds(price),
		Descriptor: where.descriptor, MCC: where.mcc,
	}
	if where.currency != "" {
		h.Local = money.Amount{Minor: price, Currency: where.currency}
		h.Amount.Minor = (price*penceForEuro + 50) / 100
	}
	return h
}
