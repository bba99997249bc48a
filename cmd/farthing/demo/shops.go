package demo

// shop is somewhere to pay, and what one pays there, in the minor units of its currency.
type shop struct {
	descriptor string
	mcc        string
	prices     []int64
	currency   string // Pounds if empty.
}

var (
	fares = []shop{
		{descriptor: "TFL TRAVEL CH TFL.GOV.UK/CP GBR", mcc: "4111", prices: []int64{2_80, 3_50, 5_60, 5_60, 6_30, 8_90}},
	}
	coffees = []shop{
		{descriptor: "PRET A MANGER 1234 LONDON GBR", mcc: "5814", prices: []int64{3_50, 3_50, 3_85, 5_25}},
		{descriptor: "SQ *OZONE COFFEE ROAST LONDON GBR", mcc: "5814", prices: []int64{3_60, 3_90, 7_40}},
		{descriptor: "COSTA COFFEE 43010123 LONDON GBR", mcc: "5814", prices: []int64{3_45, 3_95}},
		{descriptor: "GAILS BAKERY LONDON GBR", mcc: "5462", prices: []int64{3_80, 6_90}},
	}
	lunches = []shop{
		{descriptor: "PRET A MANGER 0345 LONDON GBR", mcc: "5814", prices: []int64{4_99, 6_75, 7_49}},
		{descriptor: "ITSU LONDON GBR", mcc: "5814", prices: []int64{8_95, 9_99, 11_45}},
		{descriptor: "LEON RESTAURANTS LTD LONDON GBR", mcc: "5814", prices: []int64{8_49, 9_75}},
		{descriptor: "GREGGS PLC 0987 LONDON GBR", mcc: "5814", prices: []int64{3_15, 4_60}},
		{descriptor: "M&S SIMPLY FOOD - SSP LONDON GBR", mcc: "5411", prices: []int64{4_50, 6_20}},
	}
	topUps = []shop{
		{descriptor: "TESCO STORES 6210 LONDON GBR", mcc: "5411", prices: []int64{7_85, 12_40, 16_92}},
		{descriptor: "SAINSBURYS S/MKTS LONDON GBR", mcc: "5411", prices: []int64{6_35, 14_10, 21_77}},
		{descriptor: "CO-OP GROUP FOOD 070123 LONDON GBR", mcc: "5411", prices: []int64{5_20, 9_65}},
	}
	bigShops = []shop{
		{descriptor: "SAINSBURYS S/MKTS LONDON GBR", mcc: "5411", prices: []int64{38_14, 46_72, 52_09}},
		{descriptor: "LIDL GB LONDON GBR", mcc: "5411", prices: []int64{31_26, 35_80, 42_37}},
		{descriptor: "TESCO STORES 2345 LONDON GBR", mcc: "5411", prices: []int64{36_95, 44_18, 57_63}},
	}
	evenings = []shop{
		{descriptor: "DISHOOM SHOREDITCH LONDON GBR", mcc: "5812", prices: []int64{28_50, 34_20}},
		{descriptor: "FRANCO MANCA BRIXTON LONDON GBR", mcc: "5812", prices: []int64{16_45, 19_80}},
		{descriptor: "IZ *THE CHEESE BARGE LONDON GBR", mcc: "5812", prices: []int64{26_00}},
		{descriptor: "WAGAMAMA LONDON GBR", mcc: "5812", prices: []int64{17_90, 22_35}},
		{descriptor: "J D WETHERSPOON LONDON GBR", mcc: "5813", prices: []int64{6_28, 11_97}},
	}
	brunches = []shop{
		{descriptor: "ZETTLE_*HERNE HILL BAKERY LONDON GBR", mcc: "5462", prices: []int64{7_20, 9_60, 12_80}},
		{descriptor: "SQ *MONMOUTH COFFEE LONDON GBR", mcc: "5814", prices: []int64{4_25, 15_50}},
	}
	outings = []shop{
		{descriptor: "TRAINLINE LONDON GBR", mcc: "4112", prices: []int64{14_60, 23_90}},
		{descriptor: "ODEON CINEMAS LONDON GBR", mcc: "7832", prices: []int64{13_50, 27_00}},
		{descriptor: "UBER *TRIP HELP.UBER.COM GBR", mcc: "4121", prices: []int64{8_74, 12_31}},
	}
	takeaways = []shop{
		{descriptor: "DELIVEROO LONDON GBR", mcc: "5814", prices: []int64{18_45, 24_90}},
		{descriptor: "UBER *EATS HELP.UBER.COM NLD", mcc: "5812", prices: []int64{16_20, 21_85}},
	}
	shops = []shop{
		{descriptor: "BOOTS 0123 LONDON GBR", mcc: "5912", prices: []int64{4_99, 11_48}},
		{descriptor: "AMZNMKTPLACE AMAZON.CO.UK", mcc: "5942", prices: []int64{8_99, 15_49, 22_00}},
		{descriptor: "WATERSTONES LONDON GBR", mcc: "5942", prices: []int64{9_99, 18_98}},
		{descriptor: "UNIQLO LONDON GBR", mcc: "5651", prices: []int64{14_90, 29_90}},
		{descriptor: "ROBERT DYAS LONDON GBR", mcc: "5251", prices: []int64{7_49, 12_99}},
	}
)

// parisians is a day in Paris.
var parisians = []struct {
	from, to int
	shop     shop
}{
	{8_40, 9_40, shop{"BOULANGERIE UTOPIE PARIS FRA", "5462", []int64{6_40, 8_90}, "EUR"}},
	{10_10, 11_00, shop{"RATP PARIS FRA", "4111", []int64{2_50, 12_00}, "EUR"}},
	{12_30, 13_50, shop{"BOUILLON PIGALLE PARIS FRA", "5812", []int64{17_80, 24_30}, "EUR"}},
	{20_00, 21_30, shop{"MONOPRIX PARIS FRA", "5411", []int64{11_25, 15_60}, "EUR"}},
}

// subscriptions are paid on a day of each month.
var subscriptions = []struct {
	day  int
	shop shop
}{
	{1, shop{"PUREGYM LTD LEEDS GBR", "7997", []int64{24_99}, ""}},
	{3, shop{"PAYPAL *SPOTIFY", "4899", []int64{11_99}, ""}},
	{7, shop{"GIFFGAFF UXBRIDGE GBR", "4814", []int64{10_00}, ""}},
	{12, shop{"NETFLIX.COM LONDON GBR", "4899", []int64{12_99}, ""}},
	{15, shop{"APPLE.COM/BILL CORK IRL", "5735", []int64{2_99}, ""}},
}

// coat is what was bought and brought back.
var coat = shop{descriptor: "UNIQLO LONDON GBR", mcc: "5651", prices: []int64{59_90}}
