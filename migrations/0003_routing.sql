CREATE TABLE `active_routing` (
	`merchant_id` text NOT NULL,
	`mode` text NOT NULL,
	`routing_id` text NOT NULL,
	PRIMARY KEY(`merchant_id`, `mode`)
);
--> statement-breakpoint
CREATE TABLE `routing_versions` (
	`id` text PRIMARY KEY NOT NULL,
	`merchant_id` text NOT NULL,
	`mode` text NOT NULL,
	`version` integer NOT NULL,
	`config` text NOT NULL,
	`created` integer NOT NULL
);
--> statement-breakpoint
CREATE UNIQUE INDEX `routing_versions_by_version` ON `routing_versions` (`merchant_id`,`mode`,`version`);--> statement-breakpoint
CREATE INDEX `routing_versions_by_created` ON `routing_versions` (`merchant_id`,`mode`,`created`,`id`);