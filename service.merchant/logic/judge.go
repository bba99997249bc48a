package logic

import (
	"strings"

	"farthing/service.merchant/catalogue"
)

// How well a brand's trade fits the category code.
const (
	contrary = iota
	silent   // There is no code, or it says nothing.
	akin     // Another trade of the same category.
	same
)

// How well a brand's countries fit the descriptor's.
const (
	elsewhere = iota
	worldwide
	there
)

// judgement weighs one brand against the evidence.
type judgement struct {
	trade, where int
	own          bool // The name found is its very name.
	byHand       bool
	strength     catalogue.Strength
	length       int // Of the key.
	broad        bool
}

func judge(
	brand catalogue.Brand, own bool, strength catalogue.Strength, length int, e *evidence,
) judgement {
	j := judgement{
		own: own, byHand: brand.Emoji != "", strength: strength, length: length,
		trade: trade(brand, e.said), where: elsewhere,
	}
	switch e.said.kind.Name {
	case "restaurant", "fast_food", "pub", "coffee", "clothes", "shop", "hotel", "convenience":
		j.broad = true // Too many shops have the code for it to vouch for one.
	}
	home := e.country
	if home == "" {
		home = "GB" // Descriptors without a country are mostly domestic.
	}
	switch {
	case brand.In(home):
		j.where = there
	case brand.Countries == catalogue.World:
		j.where = worldwide
	}
	return j
}

func trade(brand catalogue.Brand, said said) int {
	if said.atm() && strings.Contains(brand.Kinds, "bank") {
		return same
	}
	if said.vague {
		return silent
	}
	fit := contrary
	for kind := range strings.FieldsSeq(brand.Kinds) {
		switch {
		case kind == said.kind.Name:
			return same
		case relatives[kind] == relatives[said.kind.Name] && relatives[kind] != "":
			fit = akin
		}
	}
	return fit
}

// holds says whether the name found is the brand, rather than the start of some other shop's. A name chosen by hand
// holds before anything; an ordinary word only alone, or where the code is as good as a name.
func (j judgement) holds(e *evidence) bool {
	alone := e.unexplained == 0
	switch {
	case j.strength == catalogue.Strong:
		return j.byHand && (alone || j.trade > contrary || j.length >= 6) && (j.where > elsewhere || j.length >= 6)
	case j.strength == catalogue.Weak:
		return j.weakHolds(e, alone)
	case !j.own:
		return j.where > elsewhere && (j.trade == same || j.trade > contrary && alone && j.length >= 6)
	case j.where == elsewhere:
		return alone && e.words > 1 && j.length >= 9 && j.trade >= akin
	case alone:
		return j.trade > contrary || e.words > 1 && j.length >= 10 && j.where == there
	}
	return j.amongOthersHolds(e)
}

func (j judgement) weakHolds(e *evidence, alone bool) bool {
	if j.where == elsewhere || j.trade == contrary {
		return false
	}
	if alone || e.site {
		return j.byHand || j.trade >= akin && j.own || j.where == there && j.own && j.length > 3
	}
	return j.trade == same && !j.broad && e.unexplained <= 2 && (j.byHand || j.where == there && j.own)
}

// amongOthersHolds judges a name that is no ordinary word, with words behind it that are unaccounted for.
func (j judgement) amongOthersHolds(e *evidence) bool {
	switch j.trade {
	case same:
		return j.length >= 5
	case akin:
		return j.length >= 6 && e.unexplained <= 2
	case silent:
		return (e.words > 1 || j.where == there) && j.length >= 8 && e.unexplained <= 2
	}
	return false
}

// score ranks the brands that hold.
func (j judgement) score() int {
	score := 1 + 10*j.trade + 4*j.where
	if j.own {
		score += 3
	}
	if j.byHand {
		score += 8
	}
	return score
}
