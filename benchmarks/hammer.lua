-- What wrk sends: one prepared delivery after the other, and what it tells at the end.
-- Arguments: the file of deliveries, one "signature<tab>body" a line, and the path to post to.

local threads = {}

function setup(thread)
  table.insert(threads, thread)
end

function init(args)
  prepared, sent = {}, 0
  for line in io.lines(args[1]) do
    local signature, body = line:match("^([^\t]*)\t(.*)$")
    local headers = { ["content-type"] = "application/json", ["x-wave-signature"] = signature }
    prepared[#prepared + 1] = wrk.format("POST", args[2], headers, body)
  end
  available = #prepared
end

function request()
  sent = sent + 1
  return prepared[(sent - 1) % available + 1]
end

function done(summary, latency, requests)
  local sent, available = 0, 0
  for _, thread in ipairs(threads) do
    sent = sent + thread:get("sent")
    available = available + thread:get("available")
  end
  local errors = summary.errors
  local broken = errors.connect + errors.read + errors.write + errors.timeout
  print(string.format(
    '{"answers": %d, "seconds": %f, "p50_ms": %f, "p99_ms": %f, "not_200": %d, "broken": %d, '
      .. '"sent": %d, "available": %d}',
    summary.requests, summary.duration / 1e6, latency:percentile(50) / 1e3,
    latency:percentile(99) / 1e3, errors.status, broken, sent, available))
end
