CREATE TABLE `events` (
	`position` integer PRIMARY KEY NOT NULL,
	`id` text NOT NULL,
	`owner` integer NOT NULL,
	`created` integer NOT NULL,
	`type` text NOT NULL,
	`body` blob NOT NULL
);
--> statement-breakpoint
CREATE UNIQUE INDEX `events_by_id` ON `events` (`id`);--> statement-breakpoint
CREATE INDEX `events_by_created` ON `events` (`owner`,`created`,`id`);--> statement-breakpoint
CREATE INDEX `events_by_type` ON `events` (`owner`,`type`,`created`,`id`);--> statement-breakpoint
CREATE INDEX `events_by_arrival` ON `events` (`owner`);--> statement-breakpoint
CREATE INDEX `events_by_arrival_of_type` ON `events` (`owner`,`type`);--> statement-breakpoint
CREATE TABLE `webhook_endpoints` (
	`id` text PRIMARY KEY NOT NULL,
	`merchant_id` text NOT NULL,
	`mode` text NOT NULL,
	`url` text NOT NULL,
	`description` text NOT NULL,
	`events` text NOT NULL,
	`enabled` integer NOT NULL,
	`disabled_reason` text,
	`active_since` integer NOT NULL,
	`sealed_secret` text NOT NULL,
	`sealed_previous_secret` text,
	`previous_until` integer,
	`created` integer NOT NULL
);
--> statement-breakpoint
CREATE INDEX `webhook_endpoints_by_created` ON `webhook_endpoints` (`merchant_id`,`mode`,`created`,`id`);