CREATE TABLE `api_keys` (
	`id` text PRIMARY KEY NOT NULL,
	`merchant_id` text NOT NULL,
	`mode` text NOT NULL,
	`type` text NOT NULL,
	`name` text NOT NULL,
	`digest` text NOT NULL,
	`scopes` text,
	`created` integer NOT NULL,
	`expires_at` integer,
	`revoked_at` integer,
	`last_used` integer
);
--> statement-breakpoint
CREATE INDEX `api_keys_by_merchant` ON `api_keys` (`merchant_id`,`created`,`id`);--> statement-breakpoint
CREATE TABLE `connector_accounts` (
	`id` text PRIMARY KEY NOT NULL,
	`merchant_id` text NOT NULL,
	`mode` text NOT NULL,
	`connector` text NOT NULL,
	`label` text NOT NULL,
	`enabled` integer DEFAULT true NOT NULL,
	`sealed_credentials` text NOT NULL,
	`credential_hints` text NOT NULL,
	`settings` text NOT NULL,
	`created` integer NOT NULL
);
--> statement-breakpoint
CREATE UNIQUE INDEX `connector_accounts_by_label` ON `connector_accounts` (`merchant_id`,`mode`,`label`);--> statement-breakpoint
CREATE INDEX `connector_accounts_by_created` ON `connector_accounts` (`merchant_id`,`mode`,`created`,`id`);--> statement-breakpoint
CREATE TABLE `idempotency_keys` (
	`name` text PRIMARY KEY NOT NULL,
	`fingerprint` text NOT NULL,
	`status` integer NOT NULL,
	`sealed_body` text NOT NULL,
	`created` integer NOT NULL
);
--> statement-breakpoint
CREATE TABLE `merchants` (
	`number` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`id` text NOT NULL,
	`name` text NOT NULL,
	`raw_cards` integer DEFAULT false NOT NULL,
	`shards` integer DEFAULT 1 NOT NULL,
	`created` integer NOT NULL
);
--> statement-breakpoint
CREATE UNIQUE INDEX `merchants_id_unique` ON `merchants` (`id`);--> statement-breakpoint
CREATE TABLE `payment_metadata` (
	`owner` integer NOT NULL,
	`key` text NOT NULL,
	`value` text NOT NULL,
	`created` integer NOT NULL,
	`payment_id` text NOT NULL,
	PRIMARY KEY(`payment_id`, `key`)
);
--> statement-breakpoint
CREATE INDEX `payment_metadata_by_value` ON `payment_metadata` (`owner`,`key`,`value`,`created`,`payment_id`);--> statement-breakpoint
CREATE TABLE `payments` (
	`id` text NOT NULL,
	`owner` integer NOT NULL,
	`shard` integer NOT NULL,
	`version` integer NOT NULL,
	`metadata_version` integer NOT NULL,
	`created` integer NOT NULL,
	`status` text NOT NULL,
	`currency` text NOT NULL,
	`amount` integer NOT NULL,
	`connector` text NOT NULL,
	`customer_id` text,
	`merchant_reference` text,
	`body` blob NOT NULL
);
--> statement-breakpoint
CREATE UNIQUE INDEX `payments_by_created` ON `payments` (`owner`,`created`,`id`);--> statement-breakpoint
CREATE INDEX `payments_by_status` ON `payments` (`owner`,`status`,`created`,`id`);--> statement-breakpoint
CREATE INDEX `payments_by_currency` ON `payments` (`owner`,`currency`,`created`,`id`);--> statement-breakpoint
CREATE INDEX `payments_by_connector` ON `payments` (`owner`,`connector`,`created`,`id`);--> statement-breakpoint
CREATE INDEX `payments_by_customer` ON `payments` (`owner`,`customer_id`,`created`,`id`) WHERE customer_id IS NOT NULL;--> statement-breakpoint
CREATE INDEX `payments_by_merchant_reference` ON `payments` (`owner`,`merchant_reference`,`created`,`id`) WHERE merchant_reference IS NOT NULL;--> statement-breakpoint
CREATE INDEX `payments_open` ON `payments` (`owner`,`shard`,`created`) WHERE status NOT IN ('succeeded', 'partially_captured', 'failed', 'cancelled', 'expired');--> statement-breakpoint
CREATE TABLE `sweep_position` (
	`id` integer PRIMARY KEY NOT NULL,
	`owner` integer NOT NULL,
	`shard` integer NOT NULL
);
