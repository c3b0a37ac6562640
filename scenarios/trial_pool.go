package scenarios

import (
	"math/big"
	"slices"

	"github.com/ocs-sim/ocs-sim/charging"
)

// pools judges usage of services whose grants share a credit pool: only together they must not use
// more than was granted, each unit times its multiplier (RFC 8506 section 5.1.2).
func (c *court) pools(x *exchange, s *trial) {
	var judged []uint32
	for i := range x.request.Services {
		asked := &x.request.Services[i]
		h := s.find(asked.Key)
		if h == nil || h.pool == nil || !anyUsed(asked) || slices.Contains(judged, h.pool.ID) {
			continue
		}
		judged = append(judged, h.pool.ID)
		granted, used, countable := s.pool(h.pool.ID)
		switch {
		case !countable || used.Cmp(granted) <= 0:
		case used.Cmp(new(big.Rat).Add(granted, granted)) > 0:
			c.pooled(x, "usage-far-above-grant", h.pool.ID, granted, used)
		default:
			c.pooled(x, "usage-above-grant", h.pool.ID, granted, used)
		}
	}
}

func (c *court) pooled(x *exchange, rule string, id uint32, granted, used *big.Rat) {
	c.find(x, rule, "%s used of %s granted in pool %d, in units of the pool", abstract(used),
		abstract(granted), id)
}

// mostPowers bounds the exponent of a multiplier, as a scenario may send any.
const mostPowers = 18

// pool is what was granted to the services of a pool, and what they used of it.
func (s *trial) pool(id uint32) (granted, used *big.Rat, countable bool) {
	granted, used = new(big.Rat), new(big.Rat)
	for _, h := range s.holdings {
		if h.pool == nil || h.pool.ID != id {
			continue
		}
		if e := h.pool.Multiplier.Exponent; e > mostPowers || e < -mostPowers {
			return nil, nil, false
		}
		for i, q := range h.granted {
			if q.Unit == h.pool.Unit {
				granted.Add(granted, times(q.Amount, h.pool.Multiplier))
				used.Add(used, times(h.used[i], h.pool.Multiplier))
			}
		}
	}
	return granted, used, true
}

// times is an amount in units of the pool.
func times(amount int64, by charging.Decimal) *big.Rat {
	ten := big.NewInt(10)
	product := new(big.Rat).SetInt(new(big.Int).Mul(big.NewInt(amount), big.NewInt(by.Digits)))
	power := new(big.Rat).SetInt(ten.Exp(ten, big.NewInt(int64(max(by.Exponent, -by.Exponent))), nil))
	if by.Exponent < 0 {
		return product.Quo(product, power)
	}
	return product.Mul(product, power)
}

// abstract writes a number of units of a pool with as few decimals as it has, six at most.
func abstract(n *big.Rat) string {
	if n.IsInt() {
		return n.Num().String()
	}
	return n.FloatString(6)
}
