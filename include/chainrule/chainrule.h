/* Everything: include this, or the header you need. */
#ifndef CHAINRULE_CHAINRULE_H
#define CHAINRULE_CHAINRULE_H

#include "chainrule/base.h"
#include "chainrule/audit.h"
#include "chainrule/bench.h"
#include "chainrule/check.h"
#include "chainrule/data.h"
#include "chainrule/evaluate.h"
#include "chainrule/explain.h"
#include "chainrule/file.h"
#include "chainrule/health.h"
#include "chainrule/importance.h"
#include "chainrule/list.h"
#include "chainrule/log.h"
#include "chainrule/metrics.h"
#include "chainrule/model.h"
#include "chainrule/net.h"
#include "chainrule/outcome.h"
#include "chainrule/report.h"
#include "chainrule/train.h"

#endif
