-- Sends the requests of a file in turn, for ever. A line is a whole path, or two parts of one around a tab: a number
-- that grows with each request goes between them, so that no request is sent twice.
local requests, parts, turn, number = {}, {}, 0, 0

function init(args)
  number = tonumber(args[3])
  for line in io.lines(args[1]) do
    local head = "HTTP/1.1\r\nHost: " .. wrk.host .. ":" .. wrk.port .. "\r\nAccept: " .. args[2] .. "\r\n\r\n"
    local before, after = line:match("^(.*)\t(.*)$")
    if before then
      parts[#parts + 1] = { "GET " .. before, after .. " " .. head }
    else
      requests[#requests + 1] = "GET " .. line .. " " .. head
    end
  end
end

function request()
  turn = turn + 1
  if #requests > 0 then
    return requests[(turn - 1) % #requests + 1]
  end
  local part = parts[(turn - 1) % #parts + 1]
  number = number + 1
  return part[1] .. number .. part[2]
end

function done(summary, latency, _)
  local errors = summary.errors
  io.write(string.format(
    "RESULT %d %d %.0f %.0f %d\n", summary.requests, summary.duration, latency:percentile(50), latency:percentile(99),
    errors.connect + errors.read + errors.write + errors.status + errors.timeout))
end
