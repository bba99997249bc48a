package logic

import (
	"strings"

	"farthing/service.merchant/catalogue"
)

// carrier is who put its own mark before the merchant's name: a till, a wallet, a market place.
type carrier struct {
	name   string
	online bool // It carries only sales from afar.
	bare   bool // Its mark counts without a star behind it.
	seller bool // It sells in its own name: unless what follows is a brand, the merchant is the carrier.
}

// carriers by their mark, folded: what comes before a star, as in SQ *OZONE COFFEE or ZETTLE_*HERNE HILL BAKERY.
// Where terminals cut the mark short, both forms are here. Amazon, Uber and others whose mark is a brand's name with
// products behind the star need no line: the brand is recognised as any other.
var carriers = map[string]carrier{
	"sq":          {name: "Square"},
	"gosq":        {name: "Square"},
	"sumup":       {name: "SumUp", bare: true},
	"su":          {name: "SumUp"},
	"zettle":      {name: "Zettle", bare: true},
	"izettle":     {name: "Zettle", bare: true},
	"iz":          {name: "Zettle", bare: true},
	"paypal":      {name: "PayPal", online: true},
	"pp":          {name: "PayPal", online: true},
	"crv":         {name: "Curve"}, // A card in front of ours: what follows is the whole descriptor behind it.
	"curve":       {name: "Curve"},
	"klarna":      {name: "Klarna", online: true},
	"clearpay":    {name: "Clearpay", online: true},
	"afterpay":    {name: "Clearpay", online: true},
	"tst":         {name: "Toast"},
	"clv":         {name: "Clover"},
	"clover":      {name: "Clover"},
	"ls":          {name: "Lightspeed"},
	"lightspeed":  {name: "Lightspeed"},
	"dojo":        {name: "Dojo"},
	"pmt":         {name: "Dojo"},
	"tyl":         {name: "Tyl"},
	"teya":        {name: "Teya"},
	"mypos":       {name: "myPOS"},
	"viva":        {name: "Viva"},
	"vivawallet":  {name: "Viva"},
	"wlp":         {name: "Worldline"},
	"wp":          {name: "Worldpay"},
	"worldpay":    {name: "Worldpay"},
	"ep":          {name: "EPOS Now"},
	"nya":         {name: "Nayax"},
	"nayax":       {name: "Nayax"},
	"nyx":         {name: "Nayax"},
	"usa":         {name: "Cantaloupe"}, // Vending machines.
	"ctlp":        {name: "Cantaloupe"},
	"sp":          {name: "Shopify", online: true},
	"shopify":     {name: "Shopify", online: true},
	"shoppay":     {name: "Shopify", online: true},
	"stripe":      {name: "Stripe", online: true},
	"mol":         {name: "Mollie", online: true},
	"mollie":      {name: "Mollie", online: true},
	"cko":         {name: "Checkout.com", online: true},
	"ady":         {name: "Adyen"},
	"adyen":       {name: "Adyen"},
	"gc":          {name: "GoCardless", online: true},
	"gocardless":  {name: "GoCardless", online: true},
	"paddlenet":   {name: "Paddle", online: true},
	"paddle":      {name: "Paddle", online: true},
	"fs":          {name: "FastSpring", online: true},
	"fsprg":       {name: "FastSpring", online: true},
	"dri":         {name: "Digital River", online: true},
	"2co":         {name: "2Checkout", online: true},
	"2checkout":   {name: "2Checkout", online: true},
	"eb":          {name: "Eventbrite", online: true},
	"wix":         {name: "Wix", online: true},
	"bigcartel":   {name: "Big Cartel", online: true},
	"fd":          {name: "Flipdish", online: true},
	"flipdish":    {name: "Flipdish", online: true},
	"slerp":       {name: "Slerp", online: true},
	"treatwell":   {name: "Treatwell", online: true},
	"fresha":      {name: "Fresha"},
	"fha":         {name: "Fresha"},
	"booksy":      {name: "Booksy"},
	"phorest":     {name: "Phorest"},
	"applepay":    {name: "Apple Pay"},
	"googlepay":   {name: "Google Pay"},
	"samsungpay":  {name: "Samsung Pay"},
	"alipay":      {name: "Alipay"},
	"wepay":       {name: "WePay", online: true},
	"wpy":         {name: "WePay", online: true},
	"google":      {name: "Google", online: true, seller: true},
	"microsoft":   {name: "Microsoft", online: true, seller: true},
	"msft":        {name: "Microsoft", online: true, seller: true},
	"apple":       {name: "Apple", online: true, seller: true},
	"facebk":      {name: "Meta", online: true, seller: true},
	"patreon":     {name: "Patreon", online: true, seller: true},
	"deliveroo":   {name: "Deliveroo", online: true, seller: true},
	"amazonprime": {name: "Amazon Prime", online: true, seller: true},
}

const (
	carriersMax   = 3 // A wallet before a market place before a till.
	markLengthMax = 16
)

// cutCarriers takes the carriers' marks off the front of text. It returns the innermost, nearest to the merchant; it
// sold from afar if any of them did.
func cutCarriers(text string) (carrier, string) {
	var innermost carrier
	for range carriersMax {
		c, rest, ok := cutCarrier(text)
		if !ok {
			break
		}
		c.online = c.online || innermost.online
		innermost = c
		if c.seller {
			break // Its name stays: it may prove to be the merchant's.
		}
		text = rest
	}
	return innermost, text
}

func cutCarrier(text string) (carrier, string, bool) {
	head := text[:min(len(text), markLengthMax)]
	if star := strings.IndexByte(head, '*'); star >= 0 {
		c, ok := carriers[catalogue.Fold(text[:star])]
		return c, strings.TrimLeft(text[star+1:], " *_-"), ok
	}
	mark, rest, spaced := strings.Cut(text, " ")
	if !spaced {
		return carrier{}, "", false
	}
	c, ok := carriers[catalogue.Fold(mark)]
	return c, strings.TrimLeft(rest, " _-"), ok && c.bare
}
