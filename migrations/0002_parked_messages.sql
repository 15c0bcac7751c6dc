CREATE TABLE `parked_messages` (
	`account_id` text NOT NULL,
	`message_id` text NOT NULL,
	`key` text NOT NULL,
	`merchant_id` text NOT NULL,
	`merchant_number` integer NOT NULL,
	`mode` text NOT NULL,
	`shards` integer NOT NULL,
	`payment_id` text,
	`outcome` text,
	`received` integer NOT NULL,
	`tries` integer NOT NULL,
	`next_try` integer NOT NULL,
	`given_up` integer,
	PRIMARY KEY(`account_id`, `message_id`, `key`)
);
--> statement-breakpoint
CREATE INDEX `parked_messages_due` ON `parked_messages` (`next_try`) WHERE given_up IS NULL;