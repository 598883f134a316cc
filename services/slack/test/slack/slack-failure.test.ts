import { WebAPIPlatformError } from '@slack/web-api'
import { test } from 'tap'
import { slackFailure } from '../../src/slack/slack-failure.ts'

const kindOf = (error: string) => slackFailure(new WebAPIPlatformError({ ok: false, error })).kind

/** The errors that Slack's reference lists, of 2026-08: https://docs.slack.dev/reference/methods/METHOD#errors */
const documented: Readonly<Record<string, string>> = {
  'every method': `access_denied accesslimited account_inactive deprecated_endpoint ekm_access_denied
    enterprise_is_restricted fatal_error internal_error invalid_arg_name invalid_array_arg invalid_auth invalid_charset
    invalid_form_data invalid_post_type is_bot method_deprecated missing_post_type missing_scope no_permission
    not_allowed_token_type not_authed org_login_required ratelimited request_timeout service_unavailable
    team_added_to_org token_expired token_revoked two_factor_setup_required unknown_method`,
  'chat.postMessage': `app_access_restricted as_user_not_supported attachment_payload_limit_exceeded
    cannot_reply_to_message channel_not_found draft_already_deleted draft_already_sent draft_has_conflict
    draft_not_found duplicate_channel_not_found duplicate_message_not_found invalid_blocks invalid_blocks_format
    invalid_metadata_format invalid_metadata_schema is_archived markdown_text_conflict message_limit_exceeded
    messages_tab_disabled metadata_must_be_sent_from_app metadata_too_large missing_file_data msg_blocks_too_long
    no_text not_in_channel rate_limited restricted_action restricted_action_non_threadable_channel
    restricted_action_read_only_channel restricted_action_thread_locked restricted_action_thread_only_channel
    send_on_behalf_not_allowed slack_connect_canvas_sharing_blocked slack_connect_file_link_sharing_blocked
    slack_connect_lists_sharing_blocked team_not_found too_many_attachments too_many_contact_cards`,
  'chat.update': `block_mismatch blocked_file_type cant_broadcast_message cant_update_message edit_window_closed
    external_channel_migrating file_deleted file_is_deleted file_not_found file_share_limit_reached invalid_attachments
    is_inactive max_file_sharing_exceeded message_not_found msg_too_long no_dual_broadcast_content_update
    posting_to_channel_denied slack_connect_blocked_file_type slack_connect_clip_sharing_blocked
    slack_connect_file_upload_sharing_blocked streaming_state_conflict team_not_found unable_to_share_files
    update_failed`,
  'conversations.open': `invalid_user_combination method_not_supported_for_channel_type not_enough_users too_many_users
    user_disabled user_not_found user_not_visible users_list_not_supplied`,
  'conversations.history and replies': `channel_is_limited_access invalid_cursor invalid_metadata_filter_keys
    invalid_ts_latest invalid_ts_oldest list_record_comment_fetch_failed thread_not_found`,
  'users.conversations': 'invalid_limit invalid_types missing_argument',
  'apps.connections.open': 'forbidden_team insecure_request missing_args',
  others: 'user_not_in_channel no_such_subteam plan_upgrade_required',
}

/** By what each refuses; all others refuse the message. */
const expected: Readonly<Record<string, string>> = {
  workspace: `accesslimited account_inactive deprecated_endpoint enterprise_is_restricted invalid_auth is_bot
    method_deprecated missing_scope not_allowed_token_type not_authed org_login_required token_expired token_revoked
    two_factor_setup_required unknown_method app_access_restricted forbidden_team insecure_request
    plan_upgrade_required`,
  channel: `access_denied ekm_access_denied no_permission channel_not_found is_archived messages_tab_disabled
    not_in_channel restricted_action restricted_action_read_only_channel restricted_action_thread_only_channel
    team_not_found is_inactive posting_to_channel_denied invalid_user_combination method_not_supported_for_channel_type
    not_enough_users too_many_users user_disabled user_not_found user_not_visible users_list_not_supplied
    channel_is_limited_access`,
  limited: 'ratelimited rate_limited',
  unsure: 'fatal_error internal_error request_timeout update_failed',
  unsent: `service_unavailable team_added_to_org message_limit_exceeded external_channel_migrating
    list_record_comment_fetch_failed`,
  gone: `cannot_reply_to_message restricted_action_non_threadable_channel restricted_action_thread_locked block_mismatch
    cant_broadcast_message cant_update_message edit_window_closed message_not_found no_dual_broadcast_content_update
    streaming_state_conflict thread_not_found`,
  blocks: `attachment_payload_limit_exceeded invalid_blocks invalid_blocks_format missing_file_data msg_blocks_too_long
    slack_connect_canvas_sharing_blocked slack_connect_file_link_sharing_blocked slack_connect_lists_sharing_blocked
    too_many_attachments too_many_contact_cards blocked_file_type file_deleted file_is_deleted file_not_found
    file_share_limit_reached invalid_attachments max_file_sharing_exceeded slack_connect_blocked_file_type
    slack_connect_clip_sharing_blocked slack_connect_file_upload_sharing_blocked unable_to_share_files`,
}

test('each code that Slack documents has its class, and an unknown one refuses the message', async (t) => {
  const classOf = new Map(
    Object.entries(expected).flatMap(([kind, all]) => all.split(/\s+/).map((code) => [code, kind])),
  )
  const codes = Object.values(documented).flatMap((all) => all.split(/\s+/))
  for (const code of codes) t.equal(kindOf(code), classOf.get(code) ?? 'message', code)
  t.same(
    [...classOf.keys()].filter((code) => !codes.includes(code)),
    [],
  )
  t.equal(kindOf('a_code_of_tomorrow'), 'message')
  t.equal(kindOf('<html>'), 'unsure')
})
