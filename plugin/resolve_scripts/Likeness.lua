-- Likeness: connects DaVinci Resolve with the Likeness panel. Workspace > Scripts > Likeness.
--
-- Works in every edition: it needs the Lua of the Scripts menu and files, nothing else (no sockets, no libraries, no
-- other programs). The panel writes request.json into a folder that only this user can open; this script carries the
-- calls out that it allows, and writes response.json. heartbeat.json says that it is there. Every file appears by
-- rename, so that nobody reads half of one. The protocol is in README.md beside the plug-in; `resolve_worker.py` of
-- the plug-in does the same from outside, and ALLOWED and the guards must be equal in both: the tests compare them.

local PROTOCOL = 1
local SCRIPT_VERSION = "1"
local LARGEST_REQUEST = 4 * 1024 * 1024 -- bytes; a timeline of 1,000 clips asks with a tenth of that
local LARGEST_LOG = 1024 * 1024 -- bytes
local DEEPEST = 32 -- levels of JSON
local IDLE_WAIT_S, BUSY_WAIT_S = 0.2, 0.02
local BUSY_ROUNDS = 100 -- after a request the next is likely to follow at once
local DEAD_AFTER_S = 5 -- a heartbeat this old belongs to a script that ended
local SILENT_BEATS = 5 -- the process of a script can outlive Resolve: then every call fails

local OUR_NAME, OUR_DATA, OUR_METADATA = "Likeness", "likeness:", "likeness"
local PROPERTIES_TO_SET = { ["FPS"] = true, ["Input Color Space"] = true }

-- What may be called, by class, and what comes back: "" a plain value, "{}" a table with names, "[]" a plain list,
-- "Name" an object, "[Name]" a list of objects.
local ALLOWED = {
	Resolve = {
		GetProductName = "", GetVersion = "[]", GetProjectManager = "ProjectManager", GetCurrentPage = "",
		OpenPage = "",
	},
	ProjectManager = { GetCurrentProject = "Project" },
	Project = {
		GetName = "", GetUniqueId = "", GetSetting = "", GetMediaPool = "MediaPool",
		GetCurrentTimeline = "Timeline", SetCurrentTimeline = "", GetTimelineCount = "",
		GetTimelineByIndex = "Timeline", ExportCurrentFrameAsStill = "", GetRenderFormats = "{}",
		GetRenderCodecs = "{}", GetCurrentRenderFormatAndCodec = "{}", SetCurrentRenderFormatAndCodec = "",
		SetRenderSettings = "", AddRenderJob = "", StartRendering = "", StopRendering = "",
		IsRenderingInProgress = "", GetRenderJobStatus = "{}", DeleteRenderJob = "", SaveAsNewRenderPreset = "",
		LoadRenderPreset = "", DeleteRenderPreset = "",
	},
	MediaPool = {
		GetRootFolder = "Folder", AddSubFolder = "Folder", GetCurrentFolder = "Folder", SetCurrentFolder = "",
		ImportMedia = "[MediaPoolItem]", AppendToTimeline = "[TimelineItem]", DeleteClips = "", DeleteFolders = "",
	},
	Folder = {
		GetName = "", GetUniqueId = "", GetClipList = "[MediaPoolItem]", GetSubFolderList = "[Folder]",
	},
	MediaPoolItem = {
		GetName = "", GetUniqueId = "", GetMediaId = "", GetClipProperty = "{}", SetClipProperty = "",
		GetThirdPartyMetadata = "", SetThirdPartyMetadata = "",
	},
	Timeline = {
		GetName = "", GetUniqueId = "", GetStartFrame = "", GetEndFrame = "", GetStartTimecode = "",
		GetCurrentTimecode = "", SetCurrentTimecode = "", GetSetting = "", GetTrackCount = "", GetTrackName = "",
		SetTrackName = "", GetIsTrackEnabled = "", SetTrackEnable = "", GetIsTrackLocked = "", AddTrack = "",
		DeleteTrack = "", GetItemListInTrack = "[TimelineItem]", GetCurrentVideoItem = "TimelineItem",
		GetSelectedClips = "[TimelineItem]", GetMarkInOut = "{}", SetMarkInOut = "", ClearMarkInOut = "",
		AddMarker = "", GetMarkers = "{}", DeleteMarkerByCustomData = "", DeleteClips = "",
	},
	TimelineItem = {
		GetName = "", GetUniqueId = "", GetStart = "", GetEnd = "", GetDuration = "", GetLeftOffset = "",
		GetRightOffset = "", GetSourceStartFrame = "", GetSourceEndFrame = "", GetMediaPoolItem = "MediaPoolItem",
		GetProperty = "{}", SetProperty = "", GetTrackTypeAndIndex = "[]", GetClipEnabled = "",
		GetFusionCompCount = "", CopyGrades = "", AddMarker = "", GetMarkers = "{}",
	},
}

local ADDS = { ImportMedia = true, AppendToTimeline = true, AddSubFolder = true }

---------------------------------------------------------------------------------------------------------------- JSON

local NULL = setmetatable({}, { __tostring = function() return "null" end })
local ARRAY = {} -- metatable of what is a JSON array, `n` long
local MAP = {} -- metatable of what is a JSON object, whatever its keys: markers have numbers

local function utf8_of(code)
	if code < 0x80 then
		return string.char(code)
	elseif code < 0x800 then
		return string.char(0xC0 + math.floor(code / 0x40), 0x80 + code % 0x40)
	elseif code < 0x10000 then
		return string.char(0xE0 + math.floor(code / 0x1000), 0x80 + math.floor(code / 0x40) % 0x40, 0x80 + code % 0x40)
	end
	return string.char(
		0xF0 + math.floor(code / 0x40000), 0x80 + math.floor(code / 0x1000) % 0x40,
		0x80 + math.floor(code / 0x40) % 0x40, 0x80 + code % 0x40
	)
end

local ESCAPES = { b = "\b", f = "\f", n = "\n", r = "\r", t = "\t", ['"'] = '"', ["\\"] = "\\", ["/"] = "/" }

local function decode_string(text, at)
	local parts = {}
	while true do
		local from, to, plain, mark = text:find('^([^"\\%z\1-\31]*)(["\\])', at)
		if not from then error("a string does not end") end
		parts[#parts + 1] = plain
		at = to + 1
		if mark == '"' then return table.concat(parts), at end
		local letter = text:sub(at, at)
		if ESCAPES[letter] then
			parts[#parts + 1] = ESCAPES[letter]
			at = at + 1
		else
			local digits = text:match("^u(%x%x%x%x)", at)
			if not digits then error("an escape that is none") end
			local code = tonumber(digits, 16)
			at = at + 5
			if code >= 0xD800 and code < 0xDC00 then
				local low = tonumber(text:match("^\\u([dD][c-fC-F]%x%x)", at) or "", 16)
				if not low then error("half a surrogate pair") end
				code = 0x10000 + (code - 0xD800) * 0x400 + (low - 0xDC00)
				at = at + 6
			end
			parts[#parts + 1] = utf8_of(code)
		end
	end
end

local decode_value

local function decode_list(text, at, depth)
	local list = setmetatable({ n = 0 }, ARRAY)
	at = text:match("^%s*()", at)
	if text:sub(at, at) == "]" then return list, at + 1 end
	while true do
		list.n = list.n + 1
		list[list.n], at = decode_value(text, at, depth)
		local mark
		mark, at = text:match("^%s*([,%]])()", at)
		if not mark then error("a list does not end") end
		if mark == "]" then return list, at end
	end
end

local function decode_table(text, at, depth)
	local map = {}
	at = text:match("^%s*()", at)
	if text:sub(at, at) == "}" then return map, at + 1 end
	while true do
		at = text:match('^%s*"()', at)
		if not at then error("a name is missing") end
		local name
		name, at = decode_string(text, at)
		at = text:match("^%s*:()", at)
		if not at then error("a colon is missing") end
		map[name], at = decode_value(text, at, depth)
		local mark
		mark, at = text:match("^%s*([,}])()", at)
		if not mark then error("a table does not end") end
		if mark == "}" then return map, at end
	end
end

local WORDS = { { "true", true }, { "false", false }, { "null", NULL } }

decode_value = function(text, at, depth)
	if depth > DEEPEST then error("nested too deeply") end
	at = text:match("^%s*()", at)
	local mark = text:sub(at, at)
	if mark == '"' then return decode_string(text, at + 1) end
	if mark == "{" then return decode_table(text, at + 1, depth + 1) end
	if mark == "[" then return decode_list(text, at + 1, depth + 1) end
	for _, word in ipairs(WORDS) do
		if text:sub(at, at + #word[1] - 1) == word[1] then return word[2], at + #word[1] end
	end
	local digits = text:match("^-?%d+%.?%d*[eE]?[-+]?%d*", at)
	local number = digits and tonumber(digits)
	if not number then error("neither value nor number") end
	return number, at + #digits
end

local function decode(text)
	local value, at = decode_value(text, 1, 0)
	if text:find("%S", at) then error("more after the end") end
	return value
end

local function quote(text)
	return '"' .. text:gsub('[%c"\\\127]', function(mark) return string.format("\\u%04x", mark:byte()) end) .. '"'
end

local function number_text(number)
	if number ~= number or number == math.huge or number == -math.huge then return "null" end
	if number == math.floor(number) and math.abs(number) < 2 ^ 53 then return string.format("%d", number) end
	return (string.format("%.17g", number):gsub(",", ".")) -- a locale may write a comma
end

local encode

local function encode_list(list, count)
	local parts = {}
	for index = 1, count do parts[index] = encode(list[index]) end
	return "[" .. table.concat(parts, ",") .. "]"
end

local function encode_map(map)
	local parts = {}
	for key, value in pairs(map) do
		local name = type(key) == "number" and number_text(key) or tostring(key)
		parts[#parts + 1] = quote(name) .. ":" .. encode(value)
	end
	return "{" .. table.concat(parts, ",") .. "}"
end

encode = function(value)
	local kind = type(value)
	if value == nil or value == NULL then return "null" end
	if kind == "boolean" then return tostring(value) end
	if kind == "number" then return number_text(value) end
	if kind == "table" then
		if getmetatable(value) == ARRAY then return encode_list(value, value.n) end
		if getmetatable(value) == MAP then return encode_map(value) end
		if #value > 0 then return encode_list(value, #value) end
		return encode_map(value)
	end
	return quote(tostring(value))
end

--------------------------------------------------------------------------------------------------------------- files

local separator = "/"

local function read_whole(path, largest)
	local file = io.open(path, "rb")
	if not file then return nil, "absent" end
	local size = file:seek("end")
	if not size or size > largest then
		file:close()
		return nil, "too large"
	end
	file:seek("set")
	local text = file:read("*a")
	file:close()
	return text
end

local epoch = "" -- this run of the script

local function write_whole(path, text)
	local part = path .. "-" .. epoch .. ".part" -- of two scripts that start together each has its own
	local file = io.open(part, "wb")
	if not file then return false end
	file:write(text)
	file:close()
	if os.rename(part, path) then return true end
	os.remove(path) -- Windows renames onto nothing
	return os.rename(part, path)
end

-- The folder is made by Likeness outside; only a folder with a token in it is one.
local function find_mailbox()
	local places = {}
	local function place(base, rest, mark)
		if base and base ~= "" then places[#places + 1] = { base .. rest, mark } end
	end
	place(os.getenv("LIKENESS_MAILBOX"), "", "/")
	place(os.getenv("LOCALAPPDATA"), "\\Likeness\\mailbox", "\\")
	place(os.getenv("HOME"), "/Library/Application Support/Likeness/mailbox", "/")
	place(os.getenv("XDG_DATA_HOME"), "/Likeness/mailbox", "/")
	place(os.getenv("HOME"), "/.local/share/Likeness/mailbox", "/")
	for _, candidate in ipairs(places) do
		local token = read_whole(candidate[1] .. candidate[2] .. "token", 256)
		if token then
			separator = candidate[2]
			return candidate[1] .. candidate[2]
		end
	end
	return nil
end

local folder

local function log(text)
	local line = os.date("%Y-%m-%d %H:%M:%S ") .. tostring(text):gsub("%c", " "):sub(1, 400)
	print("Likeness: " .. line)
	local file = io.open(folder .. "bridge.log", "ab")
	if not file then return end
	if file:seek("end") > LARGEST_LOG then
		file:close()
		os.remove(folder .. "bridge.log.1")
		os.rename(folder .. "bridge.log", folder .. "bridge.log.1")
		file = io.open(folder .. "bridge.log", "ab")
		if not file then return end
	end
	file:write(line, "\n")
	file:close()
end

------------------------------------------------------------------------------------------------- objects and their calls

local objects, made, ours = {}, 0, {} -- by handle: { object, class }; how many; handles and render jobs that we added

local function refuse(code, message) error({ code = code, message = message }, 0) end

local function hand_out(value, class, method)
	if value == nil or type(value) == "boolean" then return NULL end
	made = made + 1
	local handle = "h" .. made
	objects[handle] = { value, class }
	if ADDS[method] then ours[handle] = true end
	return { ["$"] = handle, kind = class }
end

local function as_list(value)
	local list = setmetatable({ n = 0 }, ARRAY)
	if type(value) == "table" then
		for index = 1, #value do
			list.n = list.n + 1
			list[list.n] = value[index]
		end
	end
	return list
end

local function answer_of(value, returns, method)
	if method == "AddRenderJob" and value then ours["job " .. tostring(value)] = true end
	if returns == "[]" then return value == nil and NULL or as_list(value) end
	if returns == "{}" and type(value) == "table" then
		local map = setmetatable({}, MAP)
		for key, part in pairs(value) do map[key] = part end
		return map
	end
	if returns == "" or returns == "{}" then
		if value == nil then return NULL end
		return value
	end
	local class = returns:match("^%[(%a+)%]$")
	if not class then return hand_out(value, returns, method) end
	local list = as_list(value)
	for index = 1, list.n do list[index] = hand_out(list[index], class, method) end
	return list
end

local function earlier(answers, index)
	local value = answers[index + 1] and answers[index + 1].value
	if type(value) == "table" and getmetatable(value) == ARRAY and value.n == 1 then value = value[1] end
	if type(value) ~= "table" or not value["$"] then refuse("no_object", "answer " .. index .. " is not an object") end
	return value["$"]
end

local function object_of(ref, answers)
	local handle = type(ref) == "table" and ref["$"]
	if type(handle) ~= "string" then refuse("malformed", "an object is named by its handle") end
	if handle:sub(1, 1) == "#" then handle = earlier(answers, tonumber(handle:sub(2)) or -1) end
	local held = objects[handle]
	if not held then refuse("stale", "the object " .. handle .. " is not known here") end
	return held[1], held[2], handle
end

-- A JSON value as an argument for Resolve; objects that it names are collected for the guards.
local function argument_of(value, answers, named)
	if value == NULL then return nil end
	if type(value) ~= "table" then return value end
	if value["$"] then
		local object, _, handle = object_of(value, answers)
		named[#named + 1] = { handle, object }
		return object
	end
	local plain = {}
	if getmetatable(value) == ARRAY then
		for index = 1, value.n do plain[index] = argument_of(value[index], answers, named) end
	else
		for key, part in pairs(value) do plain[key] = argument_of(part, answers, named) end
	end
	return plain
end

------------------------------------------------------------------------------------- what changing calls may touch

local function starts(text, start) return type(text) == "string" and text:sub(1, #start) == start end

local function our_media(handle, media)
	if ours[handle] then return true end
	local noted = media:GetThirdPartyMetadata(OUR_METADATA)
	return type(noted) == "string" and noted ~= ""
end

-- A timeline item that plays media that Likeness imported, or carries our marker.
local function our_item(handle, item)
	local media = item:GetMediaPoolItem()
	if ours[handle] or (media and our_media("", media)) then return true end
	for _, mark in pairs(item:GetMarkers() or {}) do
		if type(mark) == "table" and starts(mark.customData, OUR_DATA) then return true end
	end
	return false
end

local function empty(list) return type(list) ~= "table" or next(list) == nil end

local function empty_folder(_, bin) return empty(bin:GetClipList()) and empty(bin:GetSubFolderList()) end

local function all(named, check)
	for _, pair in ipairs(named) do
		if not check(pair[1], pair[2]) then return false end
	end
	return #named > 0
end

local function our_jobs(given)
	local ids = type(given) == "table" and given or { given }
	for _, id in ipairs(ids) do
		if not ours["job " .. tostring(id)] then return false end
	end
	return #ids > 0
end

local function append(given, named)
	local clips = given[1]
	if type(clips) ~= "table" or #clips ~= #named then return false end
	for _, clip in ipairs(clips) do
		if type(clip) ~= "table" or clip.mediaType ~= 1 then return false end
	end
	return all(named, our_media)
end

-- given: the arguments; named: handles and objects among them; target, handle: on what the call is made.
local GUARDS = {
	Timeline = {
		DeleteClips = function(given, named) return (given[2] == nil or given[2] == false) and all(named, our_item) end,
		DeleteTrack = function(given, _, target)
			return given.n == 2 and given[1] == "video" and starts(target:GetTrackName(given[1], given[2]), OUR_NAME)
				and empty(target:GetItemListInTrack(given[1], given[2]))
		end,
		SetTrackName = function(given, _, target)
			return given.n == 3 and given[1] == "video" and starts(given[3], OUR_NAME)
				and empty(target:GetItemListInTrack(given[1], given[2]))
		end,
		AddMarker = function(given) return starts(given[6], OUR_DATA) end,
		DeleteMarkerByCustomData = function(given) return starts(given[1], OUR_DATA) end,
	},
	TimelineItem = {
		SetProperty = function(_, _, target, handle) return our_item(handle, target) end,
		AddMarker = function(given, _, target, handle)
			return starts(given[6], OUR_DATA) and our_item(handle, target)
		end,
		CopyGrades = function(_, named) return all(named, our_item) end,
	},
	MediaPool = {
		AppendToTimeline = append,
		DeleteClips = function(_, named) return all(named, our_media) end,
		DeleteFolders = function(_, named) return all(named, empty_folder) end,
	},
	MediaPoolItem = {
		SetClipProperty = function(given, _, target, handle)
			return given.n == 2 and PROPERTIES_TO_SET[given[1]] and our_media(handle, target)
		end,
		SetThirdPartyMetadata = function(_, _, _, handle) return ours[handle] end,
	},
	Project = {
		ExportCurrentFrameAsStill = function(given)
			if given.n ~= 1 or type(given[1]) ~= "string" or given[1]:sub(-4) ~= ".png" then return false end
			local file = io.open(given[1], "rb")
			if file then file:close() end
			return file == nil
		end,
		SetRenderSettings = function(given)
			return given.n == 1 and type(given[1]) == "table" and not given[1].ReplaceExistingFilesInPlace
		end,
		StartRendering = function(given) return our_jobs(given[1]) end,
		DeleteRenderJob = function(given) return our_jobs(given[1]) end,
		GetRenderJobStatus = function(given) return our_jobs(given[1]) end,
		SaveAsNewRenderPreset = function(given) return starts(given[1], OUR_NAME) end,
		DeleteRenderPreset = function(given) return starts(given[1], OUR_NAME) end,
	},
}

local function carry_out(call, answers)
	if type(call) ~= "table" then refuse("malformed", "a call is a table") end
	local target, class, handle = object_of(call.on, answers)
	local method = tostring(call.call)
	local returns = ALLOWED[class] and ALLOWED[class][method]
	if not returns then refuse("not_allowed", class .. "." .. method .. " is not among the calls that are allowed") end
	local wire = type(call.with) == "table" and call.with or { n = 0 }
	local given, named = { n = wire.n or 0 }, {}
	for index = 1, given.n do given[index] = argument_of(wire[index], answers, named) end
	local guard = GUARDS[class] and GUARDS[class][method]
	local ran, value = pcall(function()
		if guard and not guard(given, named, target, handle) then refuse("not_ours", "") end
		return target[method](target, unpack(given, 1, given.n))
	end)
	if not ran and type(value) == "table" then
		refuse("not_ours", class .. "." .. method .. " was asked to change what Likeness did not add")
	elseif not ran then
		refuse("failed", class .. "." .. method .. ": " .. tostring(value))
	end
	return answer_of(value, returns, method)
end

local function run_calls(calls)
	local answers = setmetatable({ n = calls.n }, ARRAY)
	for index = 1, calls.n do
		local ran, value = pcall(carry_out, calls[index], answers)
		if ran then
			answers[index] = { value = value }
		elseif type(value) == "table" then
			log("refused: " .. value.message)
			answers[index] = { error = value.code, message = value.message }
		else
			log("failed: " .. tostring(value))
			answers[index] = { error = "malformed", message = tostring(value) }
		end
	end
	return answers
end

local function forget()
	for handle in pairs(objects) do
		if handle ~= "resolve" and not ours[handle] then objects[handle] = nil end
	end
end

------------------------------------------------------------------------------------------------------------- mailbox

local beats, last_number, beat_at = 0, 0, 0
local product, version = "", setmetatable({ n = 0 }, ARRAY)

local function beat()
	beats, beat_at = beats + 1, os.time()
	return write_whole(folder .. "heartbeat.json", encode({
		protocol = PROTOCOL, epoch = epoch, beat = beats, time = beat_at, last = last_number, product = product,
		version = version, script = SCRIPT_VERSION,
	}))
end

local function other_is_alive()
	local text = read_whole(folder .. "heartbeat.json", 65536)
	local read, other = pcall(decode, text or "")
	if not read or type(other) ~= "table" or other.epoch == epoch or type(other.time) ~= "number" then return false end
	return os.time() - other.time <= DEAD_AFTER_S and other.stopped ~= true
end

local function same_token(given)
	local token = (read_whole(folder .. "token", 256) or ""):gsub("%s", "")
	return #token >= 32 and given == token
end

-- The calls of a request, or nil and why it is not carried out.
local function accepted(text)
	local read, request = pcall(decode, text)
	if not read or type(request) ~= "table" then return nil, "a request that is not whole JSON" end
	if not same_token(request.token) then return nil, "a request without the right token" end
	if request.protocol ~= PROTOCOL then return nil, "a request of another protocol version", request, "protocol" end
	if request.epoch ~= epoch then return nil, "a request for an earlier run of this script", request, "epoch" end
	if type(request.number) ~= "number" or request.number <= last_number then return nil, "a request that was seen before" end
	if getmetatable(request.calls) ~= ARRAY then return nil, "a request without calls", request, "malformed" end
	return request
end

local function answer_request()
	-- Taken by rename: of two scripts only one gets it.
	local taken = folder .. "request-" .. epoch .. ".json"
	if not os.rename(folder .. "request.json", taken) then return false end
	local text, trouble = read_whole(taken, LARGEST_REQUEST)
	os.remove(taken)
	local request, why, refused, code
	if text then request, why, refused, code = accepted(text) else why = "a request that is " .. trouble end
	if not request then
		log("ignored " .. why)
		if code then
			write_whole(folder .. "response.json", encode({ protocol = PROTOCOL, number = refused.number, error = code, message = why }))
		end
		return true
	end
	last_number = request.number
	if request.forget == true then forget() end
	local reply = { protocol = PROTOCOL, number = request.number, epoch = epoch, answers = run_calls(request.calls) }
	if not write_whole(folder .. "response.json", encode(reply)) then log("the answer cannot be written") end
	return true, request.quit == true
end

local function wait(seconds)
	if bmd and bmd.wait then return bmd.wait(seconds) end
	local deadline = os.clock() + seconds
	while os.clock() < deadline do end
end

local function resolve_answers()
	local host = objects["resolve"][1]
	local ran, name = pcall(function() return host:GetProductName() end)
	return ran and type(name) == "string"
end

local function serve()
	local busy, silent = 0, 0
	while true do
		if os.time() ~= beat_at then
			if other_is_alive() then return "another Likeness script answers; this one ends" end
			beat()
			silent = resolve_answers() and 0 or silent + 1
			if silent >= SILENT_BEATS then return "Resolve does not answer any more; this script ends" end
		end
		local worked, quit = answer_request()
		if quit then return "disconnected by the panel" end
		busy = worked and BUSY_ROUNDS or math.max(0, busy - 1)
		wait(busy > 0 and BUSY_WAIT_S or IDLE_WAIT_S)
	end
end

-- A panel that is installed where a start is possible: the host opens the file as a double click would.
local function open_panel()
	local panel = (read_whole(folder .. "panel.txt", 4096) or ""):gsub("[\r\n]+$", "")
	if panel ~= "" and bmd and bmd.openfileexternal then pcall(bmd.openfileexternal, "Open", panel) end
end

local function main()
	folder = find_mailbox()
	if not folder then
		print("Likeness: not installed for this user. Start Likeness, Settings > Hosts > Install, then run this again.")
		return
	end
	folder = folder .. separator
	local host = resolve or (Resolve and Resolve()) or (app and app:GetResolve())
	if not host then return log("this was not started from the menu of DaVinci Resolve") end
	objects["resolve"] = { host, "Resolve" }
	product, version = tostring(host:GetProductName()), as_list(host:GetVersion())
	epoch = string.format("%d-%s", os.time(), tostring({}):gsub("^table: 0*x?", ""):sub(1, 16))
	if other_is_alive() then return log("Likeness is connected already") end
	if not beat() then return log("the folder " .. folder .. " cannot be written") end
	wait(IDLE_WAIT_S * 2) -- of two that start at once the later heartbeat stays
	local text = read_whole(folder .. "heartbeat.json", 65536) or ""
	if not text:find(epoch, 1, true) then return log("another Likeness script was started at the same moment") end
	log("connected to " .. product)
	open_panel()
	local ran, why = pcall(serve)
	log(tostring(why))
	if ran and starts(why, "another") then return end
	write_whole(folder .. "heartbeat.json", encode({ protocol = PROTOCOL, epoch = epoch, stopped = true, time = os.time() }))
end

main()
