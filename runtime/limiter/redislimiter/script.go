package redislimiter

import (
	"crypto/sha1"
	"encoding/hex"
	"fmt"

	"github.com/tenancygen/tenancygen/runtime"
)

// script is a limiter in Lua. For each key, which is a tenant's, it has four arguments: the
// limit, the window in microseconds, how many calls there are, and the milliseconds of
// two windows, for which a key lives. For each it returns how many of these calls are
// allowed, how many more would be, and the microseconds until one will be if not all are.
type script struct {
	suffix string // of the keys, since each script keeps something else
	source string
	hash   string
}

// newScript returns the script of a limiter whose body answers for one key, at the time
// now. Several in one script cost less than each by itself. An error of one, which has
// to be somebody else's value under its key, is its answer and leaves the others alone.
func newScript(suffix, body string) *script {
	source := `
local call = redis.call
local time = call('TIME')
local now = time[1] * 1000000 + time[2]
local function one(key, limit, window, want, expiry)` + body + `end
if #KEYS == 1 then return {one(KEYS[1], ARGV[1] + 0, ARGV[2] + 0, ARGV[3] + 0, ARGV[4])} end
local answers = {}
for i = 1, #KEYS do
	local ok, allowed, remaining, retry = pcall(one, KEYS[i], ARGV[4 * i - 3] + 0, ARGV[4 * i - 2] + 0, ARGV[4 * i - 1] + 0, ARGV[4 * i])
	if not ok then
		if type(allowed) == 'table' then allowed = allowed.err end
		allowed, remaining, retry = tostring(allowed), 0, 0
	end
	answers[3 * i - 2], answers[3 * i - 1], answers[3 * i] = allowed, remaining, retry
end
return answers
`
	sum := sha1.Sum([]byte(source)) // what Redis calls it
	return &script{suffix: suffix, source: source, hash: hex.EncodeToString(sum[:])}
}

// exact keeps a list of the times of the calls that were allowed, the latest first. Most
// of what a script costs is its calls to Redis, so there are few, and their fixed numbers
// are strings, since Redis formats each number anew. The times that have left the window
// are found from the end, in doubling steps and then by halves, and cut off at once.
//
// The list has to live for a window after its latest time. Its expiry is set to twice the
// window by the call that begins it, which marks its own time by taking half a
// microsecond off, and again by the call that cuts a marked time off, or so many that it
// has not seen them all. A call that is a window or more after the latest mark cuts that
// off. So the expiry is never less than a window away when a time is added.
//
// A list that lies in the future shows that the clock was set back, or that another
// server took over whose clock is behind. It is dropped: else nobody would be allowed
// until the clock has caught up.
var exact = newScript("", `
local edge = now - window
local count, oldest, mark = call('LLEN', key), nil, false
if count == 0 then
	mark = true
else
	oldest = call('LINDEX', key, '-1') + 0
	if oldest > now then
		call('DEL', key)
		count, mark = 0, true
	elseif oldest <= edge then
		local next = count > 1 and call('LINDEX', key, '-2') + 0
		if next and next > edge then
			mark = oldest % 1 > 0
			call('RPOP', key)
			count, oldest = count - 1, next
		else
			local out, inside, step = math.min(count, 2), count + 1, 2
			while out + step <= count do
				if call('LINDEX', key, -out - step) + 0 > edge then
					inside = out + step
					break
				end
				out, step = out + step, step * 2
			end
			while out + 1 < inside do
				local middle = math.floor((out + inside) / 2)
				if call('LINDEX', key, -middle) + 0 <= edge then out = middle else inside = middle end
			end
			count, mark = count - out, true
			if count == 0 then call('DEL', key) else call('LTRIM', key, 0, count - 1) end
			oldest = nil
		end
	end
end
if want == 1 and count < limit then
	if mark then
		call('LPUSH', key, now - 0.5)
		call('PEXPIRE', key, expiry)
	else
		call('LPUSH', key, now)
	end
	return 1, limit - count - 1, 0
end
local allowed = math.max(math.min(want, limit - count), 0)
if allowed > 0 then
	local times = {}
	for i = 1, allowed do times[i] = now end
	if mark then times[1] = now - 0.5 end
	call('LPUSH', key, unpack(times))
	if mark then call('PEXPIRE', key, expiry) end
	if allowed == want then return allowed, limit - count - allowed, 0 end
end
if allowed > 0 or not oldest or count ~= limit then oldest = call('LINDEX', key, limit - 1) + 0 end
return allowed, 0, math.ceil(oldest + window - now)
`)

// gcra is the generic cell rate algorithm: one time, the theoretical arrival time, until
// which the limit is used up. Each call moves it on by the window's part for one call,
// up to a window from now; a time that is further away shows that the clock was set
// back, and is dropped. The quarter makes up for the rounding of times, which Lua keeps
// to a quarter of a microsecond.
var gcra = newScript(":gcra", `
local part = window / limit
local used = (call('GET', key) or now) - now
if used < 0 or used > window + 1 then used = 0 end
local free = math.floor((window - used + 0.25) / part)
local allowed = want
if allowed > free then allowed = free end
if allowed > 0 then
	used = used + allowed * part
	call('SET', key, now + used, 'PX', expiry)
end
if allowed == want then return allowed, free - allowed, 0 end
return allowed, 0, math.max(math.ceil(used + part - window - 0.25), 1)
`)

// answer is what a script returns for one key.
type answer struct {
	allowed, remaining, retry int64
	err                       error
}

// parse returns the answers for n keys.
func parse(reply any, err error, n int) []answer {
	answers := make([]answer, n)
	list, ok := reply.([]any)
	if err == nil && (!ok || len(list) != 3*n) {
		err = fmt.Errorf("tenancy: the limiter's script returned %T", reply)
	}
	for i := range answers {
		if answers[i].err = err; err != nil {
			continue
		}
		allowed, ok1 := list[3*i].(int64)
		remaining, ok2 := list[3*i+1].(int64)
		retry, ok3 := list[3*i+2].(int64)
		if !ok1 || !ok2 || !ok3 {
			answers[i].err = fmt.Errorf("tenancy: the limiter's script answered: %v", list[3*i])
			continue
		}
		answers[i] = answer{allowed: allowed, remaining: remaining, retry: retry}
	}
	return answers
}

// decision is what an answer says to the i-th of the calls that it is about.
func (a answer) decision(i int) runtime.Decision {
	if int64(i) < a.allowed {
		return runtime.Decision{Allowed: true, Remaining: int(a.remaining + a.allowed - 1 - int64(i))}
	}
	return runtime.Decision{RetryAfter: microseconds(a.retry)}
}
