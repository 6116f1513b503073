BEGIN TRANSACTION;
CREATE TABLE alembic_version (
	version_num VARCHAR(32) NOT NULL, 
	CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num)
);
INSERT INTO "alembic_version" VALUES('0002');
CREATE TABLE audit (
	id INTEGER NOT NULL, 
	at DOUBLE NOT NULL, 
	"by" VARCHAR(64) NOT NULL, 
	action VARCHAR(40) NOT NULL, 
	subject TEXT NOT NULL, 
	"before" JSON NOT NULL, 
	"after" JSON NOT NULL, 
	PRIMARY KEY (id)
);
CREATE TABLE budget (
	camera VARCHAR(40) NOT NULL, 
	day VARCHAR(10) NOT NULL, 
	alarms INTEGER NOT NULL, 
	allowed DOUBLE NOT NULL, 
	spent_at DOUBLE, 
	PRIMARY KEY (camera, day)
);
CREATE TABLE bundle (
	id INTEGER NOT NULL, 
	camera VARCHAR(40) NOT NULL, 
	path VARCHAR(255) NOT NULL, 
	method VARCHAR(40) NOT NULL, 
	state VARCHAR(16) NOT NULL, 
	at DOUBLE NOT NULL, 
	detail TEXT NOT NULL, 
	facts JSON NOT NULL, 
	PRIMARY KEY (id), 
	UNIQUE (camera, path)
);
CREATE TABLE calibration (
	camera VARCHAR(40) NOT NULL, 
	bundle VARCHAR(255) NOT NULL, 
	light VARCHAR(16) NOT NULL, 
	threshold DOUBLE, 
	normal DOUBLE NOT NULL, 
	how TEXT NOT NULL, 
	facts JSON NOT NULL, 
	at DOUBLE NOT NULL, 
	PRIMARY KEY (camera, bundle, light)
);
CREATE TABLE camera (
	name VARCHAR(40) NOT NULL, 
	added DOUBLE NOT NULL, 
	removed DOUBLE, 
	state VARCHAR(32) NOT NULL, 
	state_since DOUBLE NOT NULL, 
	state_reason TEXT NOT NULL, 
	armed BOOLEAN NOT NULL, 
	last_frame DOUBLE, 
	last_score DOUBLE, manual JSON, refit JSON, 
	PRIMARY KEY (name)
);
INSERT INTO "camera" VALUES('yard',1.0,NULL,'running',2.0,'',1,3.0,3.0,NULL,NULL);
CREATE TABLE change (
	id INTEGER NOT NULL, 
	at DOUBLE NOT NULL, 
	kind VARCHAR(16) NOT NULL, 
	camera VARCHAR(40) NOT NULL, 
	subject VARCHAR(64) NOT NULL, 
	payload JSON NOT NULL, 
	PRIMARY KEY (id)
);
CREATE TABLE clip (
	id INTEGER NOT NULL, 
	event VARCHAR(32) NOT NULL, 
	part INTEGER NOT NULL, 
	path TEXT NOT NULL, 
	start DOUBLE NOT NULL, 
	"end" DOUBLE NOT NULL, 
	bytes BIGINT NOT NULL, 
	codec VARCHAR(16) NOT NULL, 
	note TEXT NOT NULL, 
	PRIMARY KEY (id), 
	FOREIGN KEY(event) REFERENCES event (uid), 
	UNIQUE (path)
);
INSERT INTO "clip" VALUES(1,'0123456789abcdef0123456789abcdef',0,'media/yard/a.mp4',5.0,17.0,1000,'h264','');
CREATE TABLE done_message (
	uid VARCHAR(64) NOT NULL, 
	at DOUBLE NOT NULL, 
	answer TEXT NOT NULL, 
	PRIMARY KEY (uid)
);
CREATE TABLE drift (
	camera VARCHAR(40) NOT NULL, 
	hour BIGINT NOT NULL, 
	light VARCHAR(16) NOT NULL, 
	bundle VARCHAR(255) NOT NULL, 
	stability DOUBLE, 
	distance DOUBLE, 
	count INTEGER NOT NULL, 
	PRIMARY KEY (camera, hour, light, bundle)
);
CREATE TABLE event (
	uid VARCHAR(32) NOT NULL, 
	camera VARCHAR(40) NOT NULL, 
	session VARCHAR(64) NOT NULL, 
	bundle TEXT NOT NULL, 
	shadow BOOLEAN NOT NULL, 
	light VARCHAR(16) NOT NULL, 
	state VARCHAR(8) NOT NULL, 
	start DOUBLE NOT NULL, 
	"end" DOUBLE NOT NULL, 
	peak_at DOUBLE NOT NULL, 
	score DOUBLE NOT NULL, 
	threshold DOUBLE NOT NULL, 
	parts JSON NOT NULL, 
	regions JSON NOT NULL, 
	reason TEXT NOT NULL, 
	told BOOLEAN NOT NULL, 
	silent VARCHAR(16) NOT NULL, 
	picture TEXT NOT NULL, 
	annotated TEXT NOT NULL, 
	heat TEXT NOT NULL, 
	pinned BOOLEAN NOT NULL, 
	label VARCHAR(8), 
	stored_at DOUBLE NOT NULL, media VARCHAR(8) DEFAULT 'kept' NOT NULL, 
	PRIMARY KEY (uid)
);
INSERT INTO "event" VALUES('0123456789abcdef0123456789abcdef','yard','s','bundles/yard/1',0,'day','ended',10.0,12.0,11.0,3.0,2.0,'{"motion": 1.5}','[]','something moves',1,'','media/yard/a.jpg','','',1,'abnormal',12.5,'kept');
CREATE TABLE feedback (
	id INTEGER NOT NULL, 
	event VARCHAR(32) NOT NULL, 
	camera VARCHAR(40) NOT NULL, 
	light VARCHAR(16) NOT NULL, 
	peak DOUBLE NOT NULL, 
	label VARCHAR(8) NOT NULL, 
	note TEXT NOT NULL, 
	"by" VARCHAR(64) NOT NULL, 
	at DOUBLE NOT NULL, 
	PRIMARY KEY (id)
);
CREATE TABLE file (
	path VARCHAR(255) NOT NULL, 
	camera VARCHAR(40) NOT NULL, 
	kind VARCHAR(16) NOT NULL, 
	bytes BIGINT NOT NULL, 
	at DOUBLE NOT NULL, 
	event VARCHAR(32) NOT NULL, 
	state VARCHAR(8) NOT NULL, note TEXT DEFAULT '' NOT NULL, 
	PRIMARY KEY (path)
);
INSERT INTO "file" VALUES('media/yard/a.mp4','yard','clip',1000,10.0,'0123456789abcdef0123456789abcdef','kept','');
CREATE TABLE finder (
	camera VARCHAR(40) NOT NULL, 
	bundle VARCHAR(255) NOT NULL, 
	session VARCHAR(64) NOT NULL, 
	step INTEGER NOT NULL, 
	state JSON NOT NULL, 
	at DOUBLE NOT NULL, 
	PRIMARY KEY (camera, bundle)
);
CREATE TABLE flag (
	id INTEGER NOT NULL, 
	camera VARCHAR(40) NOT NULL, 
	flag VARCHAR(16) NOT NULL, 
	detail TEXT NOT NULL, 
	since DOUBLE NOT NULL, 
	until DOUBLE, 
	PRIMARY KEY (id)
);
CREATE TABLE footage (
	id INTEGER NOT NULL, 
	camera VARCHAR(40) NOT NULL, 
	path TEXT NOT NULL, 
	start DOUBLE NOT NULL, 
	"end" DOUBLE NOT NULL, 
	bytes BIGINT NOT NULL, 
	light VARCHAR(16) NOT NULL, 
	PRIMARY KEY (id), 
	UNIQUE (path)
);
CREATE TABLE gap (
	id INTEGER NOT NULL, 
	camera VARCHAR(40) NOT NULL, 
	start DOUBLE NOT NULL, 
	"end" DOUBLE NOT NULL, 
	why TEXT NOT NULL, 
	PRIMARY KEY (id)
);
CREATE TABLE load (
	process VARCHAR(16) NOT NULL, 
	name VARCHAR(64) NOT NULL, 
	at DOUBLE NOT NULL, 
	figures JSON NOT NULL, 
	PRIMARY KEY (process, name)
);
CREATE TABLE outbox (
	id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, 
	channel VARCHAR(16) NOT NULL, 
	target VARCHAR(40) NOT NULL, 
	subject VARCHAR(64) NOT NULL, 
	kind VARCHAR(16) NOT NULL, 
	payload JSON NOT NULL, 
	made DOUBLE NOT NULL, 
	due DOUBLE NOT NULL, 
	attempts INTEGER NOT NULL, 
	state VARCHAR(8) NOT NULL, 
	error TEXT NOT NULL, 
	UNIQUE (channel, target, subject, kind)
);
CREATE TABLE score (
	camera VARCHAR(40) NOT NULL, 
	minute BIGINT NOT NULL, 
	bundle VARCHAR(255) NOT NULL, 
	light VARCHAR(16) NOT NULL, 
	session VARCHAR(64) NOT NULL, 
	count INTEGER NOT NULL, 
	highest DOUBLE, 
	last_step INTEGER NOT NULL, 
	times BLOB NOT NULL, 
	scores BLOB NOT NULL, 
	PRIMARY KEY (camera, minute, bundle, light, session)
);
CREATE TABLE session (
	id VARCHAR(64) NOT NULL, 
	user VARCHAR(64) NOT NULL, 
	csrf VARCHAR(64) NOT NULL, 
	made DOUBLE NOT NULL, 
	seen DOUBLE NOT NULL, 
	until DOUBLE NOT NULL, 
	PRIMARY KEY (id), 
	FOREIGN KEY(user) REFERENCES user (name)
);
CREATE TABLE state (
	id INTEGER NOT NULL, 
	camera VARCHAR(40) NOT NULL, 
	state VARCHAR(32) NOT NULL, 
	reason TEXT NOT NULL, 
	since DOUBLE NOT NULL, 
	until DOUBLE, 
	PRIMARY KEY (id)
);
CREATE TABLE token (
	id VARCHAR(64) NOT NULL, 
	name VARCHAR(64) NOT NULL, 
	scope VARCHAR(16) NOT NULL, 
	cameras JSON NOT NULL, 
	made DOUBLE NOT NULL, 
	used DOUBLE, 
	"by" VARCHAR(64) NOT NULL, 
	PRIMARY KEY (id), 
	UNIQUE (name)
);
CREATE TABLE user (
	name VARCHAR(64) NOT NULL, 
	password TEXT NOT NULL, 
	role VARCHAR(16) NOT NULL, 
	made DOUBLE NOT NULL, 
	PRIMARY KEY (name)
);
CREATE INDEX state_camera_since ON state (camera, since);
CREATE INDEX flag_camera_since ON flag (camera, since);
CREATE INDEX gap_camera_start ON gap (camera, start);
CREATE INDEX ix_footage_camera ON footage (camera);
CREATE INDEX event_camera_start ON event (camera, start);
CREATE INDEX ix_event_start ON event (start);
CREATE INDEX ix_event_state ON event (state);
CREATE INDEX ix_clip_event ON clip (event);
CREATE INDEX ix_feedback_event ON feedback (event);
CREATE INDEX ix_file_at ON file (at);
CREATE INDEX ix_file_event ON file (event);
CREATE INDEX ix_done_message_at ON done_message (at);
CREATE INDEX ix_outbox_due ON outbox (due);
CREATE INDEX ix_outbox_state ON outbox (state);
CREATE INDEX ix_session_user ON session (user);
CREATE INDEX ix_audit_at ON audit (at);
CREATE INDEX event_start_uid ON event (start, uid);
CREATE INDEX event_camera_start_uid ON event (camera, start, uid);
CREATE INDEX event_label_start_uid ON event (label, start, uid);
CREATE INDEX event_pinned_start_uid ON event (pinned, start, uid);
CREATE INDEX file_state_at ON file (state, at);
CREATE INDEX file_state_kind_bytes ON file (state, kind, bytes);
CREATE INDEX score_minute ON score (minute);
DELETE FROM "sqlite_sequence";
COMMIT;
