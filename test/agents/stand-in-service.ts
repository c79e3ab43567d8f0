import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/**
 * What the stand-in does with a prompt: a sentence, after a shell command if there is one (the agent's Bash tool runs it,
 * and comes back with what it printed); an HTTP error; or no answer at all.
 */
export type Answer = { sentence: string; command?: string } | { status: 401 | 429 | 529 } | 'hang';

interface ReceivedRequest {
  method: string;
  path: string;
  body: MessagesBody;
}

interface MessagesBody {
  model?: string;
  stream?: boolean;
  messages?: { role: string; content: string | Block[] }[];
}

interface Block {
  type: string;
  text?: string;
}

/** A stand-in for the services of Claude and Codex on loopback: it gives every prompt the same answer, and remembers what it was asked. */
export interface StandInService {
  readonly url: string;
  readonly requests: readonly ReceivedRequest[];
  /** What it answers from now on. */
  answer: Answer;
  /** The text blocks of the newest user message of each prompt, in order of arrival. */
  prompts(): string[][];
  close(): Promise<void>;
}

export async function startStandInService(answer: Answer): Promise<StandInService> {
  const service = { answer };
  const requests: ReceivedRequest[] = [];
  const server = createServer((request, response) => {
    void readBody(request).then((body) => {
      const path = new URL(request.url ?? '/', 'http://stand-in').pathname;
      requests.push({ method: request.method ?? '', path, body });
      respond(response, path, body, service.answer);
    });
  });
  // Loopback and a port of the system's choice: nobody else reaches it, and tests can run side by side.
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return Object.assign(service, {
    url: `http://127.0.0.1:${port}`,
    requests,
    prompts: () => requests.filter(({ path }) => path === '/v1/messages').map(({ body }) => lastUserTexts(body)),
    close: () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve());
        // Requests that hang, and kept-alive connections, would hold the server open for ever.
        server.closeAllConnections();
      }),
  });
}

/** Where no service is: nobody listens on port 1, and unlike a port that was free a moment ago nobody gets it. */
export const ABSENT_SERVICE_URL = 'http://127.0.0.1:1';

function respond(response: ServerResponse, path: string, body: MessagesBody, answer: Answer): void {
  if (path === '/v1/messages/count_tokens') sendJson(response, 200, { input_tokens: 1 });
  else if (path !== '/v1/messages' && path !== '/v1/responses') sendJson(response, 200, {});
  else if (answer === 'hang') return;
  else if ('status' in answer) sendJson(response, answer.status, errorBody(answer.status));
  else if (path === '/v1/responses') sendToCodex(response, answer.sentence);
  else if (answer.command !== undefined && !holdsToolResult(body)) sendBlock(response, body, bashCall(answer.command));
  else sendBlock(response, body, sentenceBlock(answer.sentence));
}

/** One block of an answer, whole and as it is streamed. */
interface AnswerBlock {
  whole: object;
  start: object;
  delta: object;
  stopReason: 'end_turn' | 'tool_use';
}

function sentenceBlock(text: string): AnswerBlock {
  return {
    whole: { type: 'text', text },
    start: { type: 'text', text: '' },
    delta: { type: 'text_delta', text },
    stopReason: 'end_turn',
  };
}

function bashCall(command: string): AnswerBlock {
  const call = { type: 'tool_use', id: 'toolu_stand_in', name: 'Bash' };
  const input = { command, description: 'Run what the test asks for' };
  return {
    whole: { ...call, input },
    start: { ...call, input: {} },
    delta: { type: 'input_json_delta', partial_json: JSON.stringify(input) },
    stopReason: 'tool_use',
  };
}

function sendBlock(response: ServerResponse, body: MessagesBody, block: AnswerBlock): void {
  const { whole, start, delta, stopReason } = block;
  if (!body.stream) {
    sendJson(response, 200, { ...message(body), content: [whole], stop_reason: stopReason });
    return;
  }
  const events = [
    { type: 'message_start', message: message(body) },
    { type: 'content_block_start', index: 0, content_block: start },
    { type: 'content_block_delta', index: 0, delta },
    { type: 'content_block_stop', index: 0 },
    { type: 'message_delta', delta: { stop_reason: stopReason, stop_sequence: null }, usage: { output_tokens: 1 } },
    { type: 'message_stop' },
  ];
  response.writeHead(200, { 'content-type': 'text/event-stream' });
  response.end(events.map((event) => `event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`).join(''));
}

/** A sentence, as OpenAI's Responses API streams it. */
function sendToCodex(response: ServerResponse, text: string): void {
  const id = `resp_${Date.now()}`;
  const item = {
    type: 'message',
    role: 'assistant',
    id: `msg_${Date.now()}`,
    content: [{ type: 'output_text', text }],
  };
  const usage = {
    input_tokens: 1,
    input_tokens_details: null,
    output_tokens: 1,
    output_tokens_details: null,
    total_tokens: 2,
  };
  const events = [
    { type: 'response.created', response: { id } },
    { type: 'response.output_item.added', item: { ...item, content: [] } },
    { type: 'response.output_text.delta', item_id: item.id, output_index: 0, content_index: 0, delta: text },
    { type: 'response.output_item.done', item },
    { type: 'response.completed', response: { id, usage } },
  ];
  response.writeHead(200, { 'content-type': 'text/event-stream' });
  response.end(events.map((event) => `event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`).join(''));
}

function message(body: MessagesBody) {
  return {
    id: 'msg_stand_in',
    type: 'message',
    role: 'assistant',
    model: body.model,
    content: [],
    stop_reason: null,
    stop_sequence: null,
    usage: { input_tokens: 1, output_tokens: 1 },
  };
}

function errorBody(status: 401 | 429 | 529) {
  const type = { 401: 'authentication_error', 429: 'rate_limit_error', 529: 'overloaded_error' }[status];
  return { type: 'error', error: { type, message: `the stand-in answers ${status}` } };
}

function sendJson(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json' });
  response.end(JSON.stringify(body));
}

async function readBody(request: IncomingMessage): Promise<MessagesBody> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  const text = Buffer.concat(chunks).toString('utf8');
  try {
    return text === '' ? {} : (JSON.parse(text) as MessagesBody);
  } catch {
    return {};
  }
}

function lastUserTexts(body: MessagesBody): string[] {
  return lastUserBlocks(body).flatMap(({ type, text }) => (type === 'text' ? [text ?? ''] : []));
}

function holdsToolResult(body: MessagesBody): boolean {
  return lastUserBlocks(body).some(({ type }) => type === 'tool_result');
}

function lastUserBlocks(body: MessagesBody): Block[] {
  const content = body.messages?.findLast(({ role }) => role === 'user')?.content ?? [];
  return typeof content === 'string' ? [{ type: 'text', text: content }] : content;
}
