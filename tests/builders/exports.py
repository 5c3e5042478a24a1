"""Small exports of the tools that teams have, in the form that each tool documents; all companies are invented."""

from __future__ import annotations

from collections.abc import Mapping

EXPORTS: Mapping[str, str] = {
    "HubSpot": """\
"Record ID","Company name","Company owner","Create Date","Last Activity Date","Lifecycle Stage","Annual Revenue",\
"ARR","Contract End Date","Company Domain Name","Associated Contact","Merged Object IDs"
"901","Lumen Bikes","Ida Holm (ida@x.example)","2023-04-11 09:12","2026-02-20 14:03","Customer","12000000",\
"$84,000.00","2026-04-30","lumenbikes.example","Mia Chen (mia@lumenbikes.example)",""
"902","Old Mill","No owner","2023-04-11 09:12","2025-02-20 14:03","Former Customer","","","","oldmill.example","",""
""",
    "Salesforce": """\
"Account ID","Account Name","Account Owner","Type","Annual Contract Value","Renewal Date","Last Activity",\
"Licenses Purchased","Licenses Used","Open Cases","Customer Success Manager"
"0015g1","Harbour Insurance","Ida Holm","Customer - Direct","USD 210,000.00","4/15/2026","2/24/2026","300","287","1",\
"ida.holm@x.example"
"0015g2","Okra Logistics","Ida Holm","Former Customer","USD 0.00","","12/1/2025","10","0","","ida.holm@x.example"

"Copyright (c) 2000-2026 salesforce.com, inc. All rights reserved."
""",
    "Gainsight": """\
Company Name,GSID,CSM,CSM Email,Status,Stage,ARR,MRR,Renewal Date,Overall Score,NPS Score,License Utilization %,Users
Aurum Bank,1P02,Ida Holm,ida@x.example,Active,Adoption,420000,35000,2026-05-31,48,6,54%,410
Dune Tours,1P03,Ida Holm,ida@x.example,Churned,Churned,0,0,2025-12-31,,,,
""",
    "Planhat": """\
_id,External ID,Name,Owner,Phase,Status,ARR,Currency,Renewal Date,Last Touch,H,NPS,Domains
5f1a,AC-1,Orbit Labs,ida@x.example,Adoption,customer,60000,USD,2026-05-01T00:00:00.000Z,2026-02-20T10:00:00.000Z,7,55,\
orbit.example
5f1b,AC-2,Pine Co,ida@x.example,Churn,canceled,0,USD,2025-12-01T00:00:00.000Z,2025-11-20T10:00:00.000Z,2,-20,\
pine.example
""",
    "Vitally": """\
Name,External ID,Vitally ID,Health Score,CSM,MRR,Next Renewal Date,NPS Score,Users,Last Seen,Churned At
Una,u-1,aaaa-1,7.2,Ida Holm,1000,2026-06-30,40,22,2026-03-01,
Dos,u-2,aaaa-2,2.2,Ida Holm,0,2025-06-30,-10,2,2025-03-01,2025-07-01
""",
    "ChurnZero": """\
accountExternalId,Name,NextRenewalDate,TotalContractAmount,IsActive,LicenseCount,OwnerUserAccount,EndDate,ChurnScore
z-1,Zeta One,2026-04-01,24000,True,40,ida@x.example,,80
z-2,Zeta Two,2026-01-01,12000,False,10,ida@x.example,2026-01-01,10
""",
    "ChartMogul": """\
Company,Name,Email,Status,MRR,ARR,Currency,Plan,Customer Since,External ID,ChartMogul UUID
Acme BV,Jan Bos,jan@acmebv.example,Active,"€1,250.00","€15,000.00",EUR,Pro,2023-01-15,ext-1,cus_1111
Brick SA,Eve Roux,eve@brick.example,Cancelled,€0.00,€0.00,EUR,Basic,2022-01-15,ext-2,cus_2222
""",
    "Stripe": """\
id,Description,Email,Name,Created (UTC),Delinquent,Currency,Total Spend,Plan,Status
cus_A1,,billing@alpha.example,Alpha Inc,2023-05-02 10:11,false,usd,12000.50,pro,active
cus_B2,,billing@beta.example,Beta Inc,2023-05-02 10:11,true,usd,200.00,pro,canceled
""",
    "Zendesk": """\
id,name,domain_names,external_id,created_at,details,shared_tickets,Open Tickets
1,Alpha,alpha.example,A-1,2023-01-01T10:00:00Z,,false,3
2,Beta,beta.example,A-2,2023-01-01T10:00:00Z,,false,0
""",
    "Intercom": """\
Company name,Company ID,Company last seen,Signed up,People,Web sessions,Plan,Monthly Spend,Company Website
Alpha,al-1,2026-02-28,2023-01-01,12,400,Pro,500,https://www.alpha.example/
Beta,be-2,2026-01-28,2023-01-01,3,4,Basic,49.5,beta.example
""",
    "PostHog": """\
group_key,name,domain,created_at,plan,mrr,users
ph-1,Alpha,alpha.example,2023-01-01,pro,500,12
ph-2,Beta,beta.example,2023-01-01,basic,50,3
""",
    "Notion": """\
\ufeffName,Account ID,ARR,Contract End Date,Owner,Primary Contact,Last Interaction,Feature Adoption Rate,Tags,Auto-Renew
Halo Studios,A-1,"$54,000","November 3, 2026",Ida Holm,Kim Lee (https://www.notion.so/Kim-Lee-1234?pvs=21),\
"February 18, 2026 9:30 AM (GMT+1)",62%,"enterprise, emea",Yes
Ivy Freight,A-2,"$121,000","March 1, 2026 → March 25, 2026",Ida Holm,,"November 20, 2025",18%,smb,No
""",
}
"""An export of accounts of each tool, by the tool's name."""
