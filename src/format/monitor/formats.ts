/** The forms of a monitor's report by name: the one table that `monitor --format` reads. */
import type { Report } from "../../monitor/report.ts";
import type { ReportFormat } from "../choices.ts";
import { writeMonitorCsv } from "./csv.ts";
import { writeDot } from "./dot.ts";
import { writeLcov } from "./lcov.ts";
import { writeMonitorJson } from "./report-json.ts";
import { renderMonitorTable } from "./table.ts";
import { writeMonitorWhamm } from "./whamm.ts";

export const reportFormats: Readonly<Record<ReportFormat, (report: Report, script: string) => string>> = {
  table: renderMonitorTable,
  csv: writeMonitorCsv,
  json: writeMonitorJson,
  whamm: writeMonitorWhamm,
  lcov: writeLcov,
  dot: writeDot,
};
