-- Comparisons that print what they compare.
local check = {}

-- With this argument the collector works all the time.
if arg[2] == "collect" then collectgarbage("incremental", 1, 1000, 1) end

local function shown(value)
  if math.type(value) == "float" then return ("%a"):format(value) end
  if type(value) == "string" then return ("%q"):format(value) end
  return tostring(value)
end

-- Two numbers are equal if they are both integers or both floats. NaN is equal to itself.
function check.equal(name, value, expected)
  local same = rawequal(value, expected) and math.type(value) == math.type(expected)
    or value ~= value and expected ~= expected
  if type(value) == "number" and value == 0 and expected == 0 then same = same and 1 / value == 1 / expected end
  if same then
    print(name, shown(value))
  else
    print("DIFFERS", name, shown(value), "is not", shown(expected))
  end
end

-- The call fails with a message that ends so, behind the place in the script.
function check.fails(name, expected, f, ...)
  local fine, message = pcall(f, ...)
  message = tostring(message):gsub("^[^:]*%.lua:%d+: ", "")
  if not fine and message:sub(-#expected) == expected then
    print(name, message)
  else
    print("DIFFERS", name, fine, message, "is not", expected)
  end
end

return check
