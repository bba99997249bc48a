package logic_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"farthing/pkg/errs"
	"farthing/service.customer/logic"
)

func today() time.Time { return time.Date(2026, time.March, 14, 9, 26, 53, 0, time.UTC) }

func ada() logic.Details {
	return logic.Details{
		PreferredName: "Ada Lovelace", PreferredFirstName: "Ada", Email: "ada@example.com", DateOfBirth: "1990-12-10",
		Address: logic.Address{
			Lines: []string{"12 St James's Square"}, City: "London", Postcode: "SW1Y 4JH", Country: "GBR",
		},
	}
}

// with is ada, changed.
func with(change func(*logic.Details)) logic.Details {
	d := ada()
	change(&d)
	return d
}

func TestPeopleOfTheWorldMayBeCustomers(t *testing.T) {
	for _, name := range []string{
		"Ada", "Zoë", "Nguyễn Thị Minh Khai", "O'Brien-Smith", "山田 太郎", "م", "می\u200cخواهم", "X Æ A-12",
	} {
		d := with(func(d *logic.Details) { d.PreferredName, d.PreferredFirstName = name, name })
		if err := d.Check(today()); err != nil {
			t.Errorf("%q: %v", name, err)
		}
	}
	for _, email := range []string{
		"a@b.co", "first.last+tag@mail.example.co.uk", "o'brien@example.ie", "δοκιμή@παράδειγμα.ευ",
	} {
		if err := with(func(d *logic.Details) { d.Email = email }).Check(today()); err != nil {
			t.Errorf("%q: %v", email, err)
		}
	}
	if err := with(func(d *logic.Details) { d.Address.Postcode = "" }).Check(today()); err != nil {
		t.Errorf("without a postcode: %v", err)
	}
}

func TestAFaultNamesItsFieldAndNeverItsValue(t *testing.T) {
	long := strings.Repeat("Qx", 200)
	for _, each := range []struct {
		code   string
		change func(*logic.Details)
	}{
		{"missing_param.preferred_name", func(d *logic.Details) { d.PreferredName = "" }},
		{"bad_param.preferred_name", func(d *logic.Details) { d.PreferredName = long }},
		{"bad_param.preferred_name", func(d *logic.Details) { d.PreferredName = "Qx\nQx" }},
		{"bad_param.preferred_name", func(d *logic.Details) { d.PreferredName = "Qx\u202eQx" }},
		{"bad_param.preferred_name", func(d *logic.Details) { d.PreferredName = "Qx\xff" }},
		{"bad_param.preferred_name", func(d *logic.Details) { d.PreferredName = " Qx" }},
		{"bad_param.preferred_name", func(d *logic.Details) { d.PreferredName = " " }},
		{"missing_param.preferred_first_name", func(d *logic.Details) { d.PreferredFirstName = "" }},
		{"bad_param.preferred_first_name", func(d *logic.Details) { d.PreferredFirstName = "Qx\x00" }},
		{"missing_param.email", func(d *logic.Details) { d.Email = "" }},
		{"bad_param.email", func(d *logic.Details) { d.Email = "Qx" }},
		{"bad_param.email", func(d *logic.Details) { d.Email = "Qx@localhost" }},
		{"bad_param.email", func(d *logic.Details) { d.Email = "Qx@.example." }},
		{"bad_param.email", func(d *logic.Details) { d.Email = "Qx@example.com, Qx@example.com" }},
		{"bad_param.email", func(d *logic.Details) { d.Email = "Qx <Qx@example.com>" }},
		{"bad_param.email", func(d *logic.Details) { d.Email = long + "@example.com" }},
		{"missing_param.date_of_birth", func(d *logic.Details) { d.DateOfBirth = "" }},
		{"bad_param.date_of_birth", func(d *logic.Details) { d.DateOfBirth = "2001-02-29" }},
		{"bad_param.date_of_birth", func(d *logic.Details) { d.DateOfBirth = "1990-1-1" }},
		{"bad_param.date_of_birth", func(d *logic.Details) { d.DateOfBirth = "10/12/1990" }},
		{"bad_param.date_of_birth", func(d *logic.Details) { d.DateOfBirth = "1990-12-10T00:00:00Z" }},
		{"bad_param.date_of_birth", func(d *logic.Details) { d.DateOfBirth = "2026-03-14" }},
		{"bad_param.date_of_birth", func(d *logic.Details) { d.DateOfBirth = "9999-12-31" }},
		{"bad_param.date_of_birth", func(d *logic.Details) { d.DateOfBirth = "0001-01-01" }},
		{"missing_param.address.lines", func(d *logic.Details) { d.Address = logic.Address{} }},
		{"missing_param.address.lines", func(d *logic.Details) { d.Address.Lines = []string{"Qx", ""} }},
		{"bad_param.address.lines", func(d *logic.Details) { d.Address.Lines = []string{"1", "2", "3", "4", "5", "6"} }},
		{"bad_param.address.lines", func(d *logic.Details) { d.Address.Lines = []string{long} }},
		{"missing_param.address.city", func(d *logic.Details) { d.Address.City = "" }},
		{"bad_param.address.postcode", func(d *logic.Details) { d.Address.Postcode = long }},
		{"missing_param.address.country", func(d *logic.Details) { d.Address.Country = "" }},
		{"bad_param.address.country", func(d *logic.Details) { d.Address.Country = "GB" }},
		{"bad_param.address.country", func(d *logic.Details) { d.Address.Country = "gbr" }},
		{"bad_param.address.country", func(d *logic.Details) { d.Address.Country = "QxQ" }},
		{"bad_param.address.country", func(d *logic.Details) { d.Address.Country = "BW " }},
	} {
		d := with(each.change)
		err := d.Check(today())
		if err == nil || errs.Of(err).Code != "bad_request."+each.code {
			t.Errorf("got %v, want %s", err, each.code)
			continue
		}
		if said := fmt.Sprintf("%v %v", err, errs.Of(err).Params); strings.Contains(said, "Qx") {
			t.Errorf("the error quotes the value: %s", said)
		}
	}
}

func TestCustomersAreFrom16To129YearsOld(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		now := today().AddDate(0, 0, rapid.IntRange(0, 3000).Draw(t, "days on"))
		born := now.AddDate(0, 0, -rapid.IntRange(-400, 50_000).Draw(t, "days old"))
		err := with(func(d *logic.Details) { d.DateOfBirth = born.Format(time.DateOnly) }).Check(now)
		age := now.Year() - born.Year()
		if born.Month() > now.Month() || born.Month() == now.Month() && born.Day() > now.Day() {
			age--
		}
		if allowed := age >= 16 && age < 130; allowed != (err == nil) {
			t.Fatalf("born %v, asked on %v, aged %d: %v", born, now, age, err)
		}
	})
}

func TestDetailsAreNotPrinted(t *testing.T) {
	d := ada()
	for _, verb := range []string{"%v", "%+v", "%#v", "%s"} {
		if said := fmt.Sprintf(verb, d) + fmt.Sprintf(verb, logic.Customer{Details: d}); strings.Contains(said, "ada@") {
			t.Errorf("%s prints %s", verb, said)
		}
	}
}

func FuzzDetails(f *testing.F) {
	f.Add("Ada", "ada@example.com", "1990-12-10", "GBR")
	f.Add("\x00", "@", "0000-00-00", "")
	f.Add("Ada\u2028", "\"a b\"@example.com", "1990-02-30", "ZWE ")
	f.Fuzz(func(t *testing.T, name, email, born, country string) {
		err := with(func(d *logic.Details) {
			d.PreferredName, d.Email, d.DateOfBirth, d.Address.Country = name, email, born, country
		}).Check(today())
		if err != nil && !errs.Is(err, errs.BadRequest) {
			t.Fatal(err)
		}
		if err == nil && strings.ContainsAny(name+email+born+country, "\x00\r\n\t\u2028") {
			t.Fatal("control characters were let in")
		}
	})
}
