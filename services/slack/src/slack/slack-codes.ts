/**
 * What a refusal of Slack is about. `unsure`: the call may have been done. `unsent`: not done, may work later. `gone`: the
 * message or thread cannot be edited or answered. `blocks`: Slack takes the text, but not its blocks. `message`,
 * `channel`, `workspace`: Slack refuses this message, all messages to this channel, or this key.
 */
export type RefusalKind = 'unsure' | 'unsent' | 'gone' | 'blocks' | 'message' | 'channel' | 'workspace'

/**
 * The codes that Slack documents for the methods that the plugin calls (https://docs.slack.dev/reference/methods): the
 * chat and conversations methods, users.conversations, auth.test, apps.connections.open, usergroups.users.list.
 */
const codes: Readonly<Record<RefusalKind, string>> = {
  unsure: 'internal_error fatal_error request_timeout update_failed',
  unsent: `service_unavailable team_added_to_org message_limit_exceeded external_channel_migrating
    list_record_comment_fetch_failed`,
  gone: `message_not_found thread_not_found invalid_thread_ts edit_window_closed cant_update_message block_mismatch
    cannot_reply_to_message cant_broadcast_message no_dual_broadcast_content_update streaming_state_conflict
    restricted_action_non_threadable_channel restricted_action_thread_locked`,
  blocks: `invalid_blocks invalid_blocks_format msg_blocks_too_long invalid_attachments too_many_attachments
    attachment_payload_limit_exceeded too_many_contact_cards missing_file_data slack_connect_canvas_sharing_blocked
    slack_connect_file_link_sharing_blocked slack_connect_lists_sharing_blocked slack_connect_blocked_file_type
    slack_connect_clip_sharing_blocked slack_connect_file_upload_sharing_blocked blocked_file_type file_deleted
    file_is_deleted file_not_found file_share_limit_reached max_file_sharing_exceeded unable_to_share_files`,
  message: `msg_too_long no_text markdown_text_conflict as_user_not_supported send_on_behalf_not_allowed
    invalid_metadata_format invalid_metadata_schema metadata_too_large metadata_must_be_sent_from_app
    invalid_metadata_filter_keys draft_already_deleted draft_already_sent draft_has_conflict draft_not_found
    duplicate_channel_not_found duplicate_message_not_found user_not_in_channel no_such_subteam invalid_arg_name
    invalid_array_arg invalid_arguments missing_argument missing_args invalid_charset missing_charset
    superfluous_charset invalid_form_data invalid_json json_not_object invalid_post_type missing_post_type
    invalid_cursor invalid_limit invalid_types invalid_ts_latest invalid_ts_oldest`,
  channel: `channel_not_found is_archived is_inactive not_in_channel team_not_found restricted_action
    restricted_action_read_only_channel restricted_action_thread_only_channel channel_type_not_supported
    channel_is_limited_access method_not_supported_for_channel_type messages_tab_disabled posting_to_channel_denied
    ekm_access_denied no_permission access_denied user_not_found user_disabled user_not_visible cannot_dm_bot
    invalid_user_combination not_enough_users too_many_users users_list_not_supplied`,
  workspace: `invalid_auth not_authed account_inactive token_revoked token_expired missing_scope not_allowed_token_type
    org_login_required team_access_not_granted accesslimited invalid_app_id enterprise_is_restricted
    two_factor_setup_required app_access_restricted forbidden_team insecure_request is_bot unknown_method
    method_deprecated deprecated_endpoint upgrade_required plan_upgrade_required`,
}

const kinds: ReadonlyMap<string, RefusalKind> = new Map(
  (Object.keys(codes) as RefusalKind[]).flatMap((kind) =>
    codes[kind].split(/\s+/).map((code) => [code, kind] as const),
  ),
)

/** Refusals of a method, not of the key: they leave what the other methods do. */
const ofMethod = new Set([
  'missing_scope',
  'enterprise_is_restricted',
  'unknown_method',
  'method_deprecated',
  'deprecated_endpoint',
  'is_bot',
])

/** Undefined for a code that is not documented. */
export function kindOfCode(code: string): RefusalKind | undefined {
  return kinds.get(code)
}

export function isOfMethod(code: string): boolean {
  return ofMethod.has(code)
}
