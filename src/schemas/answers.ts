import { eventReceiptResponse, type ReadResponse, type ResponseReader } from "./responses.ts";

export type AnswerReader<T> = ResponseReader<T>;
export const readEventReceipt = eventReceiptResponse.read;
export function readAnswer<T>(
  read: AnswerReader<T>,
  ...given: Parameters<AnswerReader<T>>
): ReadResponse<T> {
  return read(...given);
}
